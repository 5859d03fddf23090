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

export type HolderStatus =
  | 'DECLINED'
  | 'MISSING_DATA'
  | 'OK'
  | 'PENDING'
  | 'QUARANTINE';

export type LedgerStatus =
  | 'CLOSED'
  | 'DECLINED'
  | 'ERROR'
  | 'MISSING_DATA'
  | 'OK'
  | 'PENDING';

export type PaymentDirection =
  | 'IN'
  | 'OUT';

export type PaymentStatus =
  | 'ACCEPTED'
  | 'DECLINED'
  | 'PENDING';

export type WebhookEndpointStatus =
  | 'DISABLED'
  | 'ENABLED'
  | 'PAUSED';

export type MoneyQueryVariables = Exact<{ [key: string]: never; }>;


export type MoneyQuery = { balances: Array<{ asset: string, accountingType: AccountingType | null, count: number, posted: { value: string, asset: string }, held: { value: string, asset: string } | null, available: { value: string, asset: string } | null }> };

export type WebhookHealthQueryVariables = Exact<{ [key: string]: never; }>;


export type WebhookHealthQuery = { webhookEndpoints: Array<{ id: string, url: string, status: WebhookEndpointStatus, statusReason: string | null, stats: { delivered: number, failed: number, pending: number, oldestPendingSeconds: number | null } }> };

export type WaitingLedgersQueryVariables = Exact<{ [key: string]: never; }>;


export type WaitingLedgersQuery = { ledgers: { nodes: Array<{ id: string, asset: string, status: LedgerStatus, statusReason: string | null, holder: { name: string } | null }>, pageInfo: { hasNextPage: boolean } } };

export type WaitingHoldersQueryVariables = Exact<{ [key: string]: never; }>;


export type WaitingHoldersQuery = { holders: { nodes: Array<{ id: string, name: string, status: HolderStatus, statusReason: string | null }>, pageInfo: { hasNextPage: boolean } } };

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
export const WaitingLedgersDocument = new TypedDocumentString(`
    query WaitingLedgers {
  ledgers(first: 5, filter: {status: [ERROR, MISSING_DATA]}) {
    nodes {
      id
      asset
      status
      statusReason
      holder {
        name
      }
    }
    pageInfo {
      hasNextPage
    }
  }
}
    `) as unknown as TypedDocumentString<WaitingLedgersQuery, WaitingLedgersQueryVariables>;
export const WaitingHoldersDocument = new TypedDocumentString(`
    query WaitingHolders {
  holders(first: 5, filter: {status: [QUARANTINE, MISSING_DATA]}) {
    nodes {
      id
      name
      status
      statusReason
    }
    pageInfo {
      hasNextPage
    }
  }
}
    `) as unknown as TypedDocumentString<WaitingHoldersQuery, WaitingHoldersQueryVariables>;
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