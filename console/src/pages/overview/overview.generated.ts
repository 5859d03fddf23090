/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type AccountingType =
  | 'ASSET'
  | 'EQUITY'
  | 'EXPENSE'
  | 'LIABILITY'
  | 'REVENUE';

export type PaymentDirection =
  | 'IN'
  | 'OUT';

export type PaymentStatus =
  | 'ACCEPTED'
  | 'DECLINED'
  | 'PENDING';

export type StuckKind =
  | 'DELIVERY'
  | 'ENDPOINT'
  | 'HOLDER'
  | 'LEDGER'
  | 'PAYMENT'
  | 'WORK';

export type WebhookEndpointStatus =
  | 'DISABLED'
  | 'ENABLED'
  | 'PAUSED';

export type MoneyQueryVariables = Exact<{ [key: string]: never; }>;


export type MoneyQuery = { balances: Array<{ asset: string, accountingType: AccountingType | null, count: number, posted: { value: string, asset: string }, held: { value: string, asset: string } | null, available: { value: string, asset: string } | null }> };

export type WebhookHealthQueryVariables = Exact<{ [key: string]: never; }>;


export type WebhookHealthQuery = { webhookEndpoints: Array<{ id: string, url: string, status: WebhookEndpointStatus, statusReason: string | null, stats: { delivered: number, failed: number, pending: number, oldestPendingSeconds: number | null } }> };

export type StuckQueryVariables = Exact<{ [key: string]: never; }>;


export type StuckQuery = { stuckWork: { counts: Array<{ kind: StuckKind, count: number, hasMore: boolean }>, items: Array<{ kind: StuckKind, title: string | null, reason: string, advice: string, since: string, node:
        | { __typename: 'AccessToken', id: string }
        | { __typename: 'Account', id: string }
        | { __typename: 'ApiKey', id: string }
        | { __typename: 'Entry', id: string }
        | { __typename: 'Event', id: string }
        | { __typename: 'Hold', id: string }
        | { __typename: 'Holder', id: string }
        | { __typename: 'Ledger', asset: string, id: string, holder: { name: string } | null }
        | { __typename: 'Payment', id: string }
        | { __typename: 'SystemAccount', id: string }
        | { __typename: 'Transfer', id: string }
        | { __typename: 'Wallet', id: string }
        | { __typename: 'WebhookDelivery', id: string }
        | { __typename: 'WebhookEndpoint', id: string }
        | { __typename: 'WebhookReplay', id: string }
       | null }>, notSearched: Array<{ resourceType: string, reason: string }> } };

export type TransfersADayQueryVariables = Exact<{
  from: string;
  timeZone: string;
}>;


export type TransfersADayQuery = { transferCounts: Array<{ from: string, count: number, hasMore: boolean }> };

export type PaymentsByStatusQueryVariables = Exact<{
  from: string;
}>;


export type PaymentsByStatusQuery = { paymentCounts: Array<{ status: PaymentStatus, count: number, hasMore: boolean }> };

export type RecentPaymentsQueryVariables = Exact<{ [key: string]: never; }>;


export type RecentPaymentsQuery = { payments: { nodes: Array<{ id: string, direction: PaymentDirection, status: PaymentStatus, statusReason: string | null, reference: string | null, createdAt: string, amount: { value: string, asset: string }, counterparty: { name: string } }> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const MoneyDocument = new TypedDocumentString(`
    query Money {
  balances {
    asset
    accountingType
    count
    posted {
      value
      asset
    }
    held {
      value
      asset
    }
    available {
      value
      asset
    }
  }
}
    `) as unknown as TypedDocumentString<MoneyQuery, MoneyQueryVariables>;
export const WebhookHealthDocument = new TypedDocumentString(`
    query WebhookHealth {
  webhookEndpoints {
    id
    url
    status
    statusReason
    stats {
      delivered
      failed
      pending
      oldestPendingSeconds
    }
  }
}
    `) as unknown as TypedDocumentString<WebhookHealthQuery, WebhookHealthQueryVariables>;
export const StuckDocument = new TypedDocumentString(`
    query Stuck {
  stuckWork(first: 4) {
    counts {
      kind
      count
      hasMore
    }
    items {
      kind
      title
      reason
      advice
      since
      node {
        __typename
        id
        ... on Ledger {
          asset
          holder {
            name
          }
        }
      }
    }
    notSearched {
      resourceType
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<StuckQuery, StuckQueryVariables>;
export const TransfersADayDocument = new TypedDocumentString(`
    query TransfersADay($from: DateTime!, $timeZone: String!) {
  transferCounts(from: $from, timeZone: $timeZone) {
    from
    count
    hasMore
  }
}
    `) as unknown as TypedDocumentString<TransfersADayQuery, TransfersADayQueryVariables>;
export const PaymentsByStatusDocument = new TypedDocumentString(`
    query PaymentsByStatus($from: DateTime!) {
  paymentCounts(from: $from) {
    status
    count
    hasMore
  }
}
    `) as unknown as TypedDocumentString<PaymentsByStatusQuery, PaymentsByStatusQueryVariables>;
export const RecentPaymentsDocument = new TypedDocumentString(`
    query RecentPayments {
  payments(first: 8) {
    nodes {
      ...PaymentRow
    }
  }
}
    fragment PaymentRow on Payment {
  id
  direction
  status
  statusReason
  reference
  createdAt
  amount {
    value
    asset
  }
  counterparty {
    name
  }
}`) as unknown as TypedDocumentString<RecentPaymentsQuery, RecentPaymentsQueryVariables>;