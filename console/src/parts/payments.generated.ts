/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type AmountFilter = {
  asset?: string | null | undefined;
  gte?: string | null | undefined;
  lte?: string | null | undefined;
};

export type DateTimeFilter = {
  gte?: string | null | undefined;
  lt?: string | null | undefined;
};

export type PaymentDirection =
  | 'IN'
  | 'OUT';

export type PaymentFilter = {
  amount?: AmountFilter | null | undefined;
  counterpartyIban?: string | null | undefined;
  counterpartyName?: string | null | undefined;
  createdAt?: DateTimeFilter | null | undefined;
  direction?: PaymentDirection | null | undefined;
  ledgerId?: string | null | undefined;
  metadata?: unknown;
  partnerReference?: string | null | undefined;
  reference?: string | null | undefined;
  status?: Array<PaymentStatus> | null | undefined;
};

export type PaymentStatus =
  | 'ACCEPTED'
  | 'DECLINED'
  | 'PENDING';

export type PaymentsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: PaymentFilter | null | undefined;
}>;


export type PaymentsQuery = { payments: { nodes: Array<{ id: string, direction: PaymentDirection, status: PaymentStatus, statusReason: string | null, reference: string | null, createdAt: string, amount: { value: string, asset: string }, counterparty: { name: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type PaymentRowFragment = { id: string, direction: PaymentDirection, status: PaymentStatus, statusReason: string | null, reference: string | null, createdAt: string, amount: { value: string, asset: string }, counterparty: { name: string } };

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
export const PaymentRowFragmentDoc = new TypedDocumentString(`
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
}
    `, {"fragmentName":"PaymentRow"}) as unknown as TypedDocumentString<PaymentRowFragment, unknown>;
export const PaymentsDocument = new TypedDocumentString(`
    query Payments($first: Int!, $after: String, $filter: PaymentFilter) {
  payments(first: $first, after: $after, filter: $filter) {
    nodes {
      ...PaymentRow
    }
    pageInfo {
      hasNextPage
      endCursor
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
}`) as unknown as TypedDocumentString<PaymentsQuery, PaymentsQueryVariables>;