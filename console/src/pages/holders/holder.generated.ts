/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type AccountType =
  | 'CHART'
  | 'GROUP';

export type AccountingType =
  | 'ASSET'
  | 'EQUITY'
  | 'EXPENSE'
  | 'LIABILITY'
  | 'REVENUE';

export type ErrorCode =
  | 'ASSET_MISMATCH'
  | 'BATCH_REFUSED'
  | 'CURSOR_EXPIRED'
  | 'DUPLICATE_REFERENCE'
  | 'FORBIDDEN'
  | 'IDEMPOTENCY_MISMATCH'
  | 'INSUFFICIENT_FUNDS'
  | 'INVALID_STATE'
  | 'LIMIT_EXCEEDED'
  | 'NOT_FOUND'
  | 'VALIDATION'
  | 'VERSION_CONFLICT';

export type FreezeScope =
  | 'ALL'
  | 'CREDITS'
  | 'DEBITS';

export type HolderKind =
  | 'CUSTOMER'
  | 'ENDUSER';

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

export type ReviewDecision =
  | 'APPROVE'
  | 'DECLINE';

export type ReviewHolderInput = {
  decision: ReviewDecision;
  holderId: string;
  idempotencyKey?: string | null | undefined;
  reason: string;
};

export type HolderQueryVariables = Exact<{
  id: string;
}>;


export type HolderQuery = { holder: { id: string, kind: HolderKind, status: HolderStatus, statusReason: string | null, missingData: Array<string>, name: string, email: string | null, metadata: unknown, createdAt: string, updatedAt: string, person: { dateOfBirth: string | null } | null, company: { registrationNumber: string | null } | null, address: { line1: string | null, line2: string | null, city: string | null, region: string | null, postalCode: string | null, country: string | null } | null } | null };

export type HolderMoneyQueryVariables = Exact<{
  id: string;
}>;


export type HolderMoneyQuery = { balances: Array<{ asset: string, accountingType: AccountingType | null, count: number, posted: { value: string, asset: string }, held: { value: string, asset: string } | null, available: { value: string, asset: string } | null }> };

export type HolderLedgersQueryVariables = Exact<{
  id: string;
  first: number;
  after?: string | null | undefined;
}>;


export type HolderLedgersQuery = { ledgers: { nodes: Array<{ id: string, asset: string, status: LedgerStatus, statusReason: string | null, iban: string | null, isVirtual: boolean, createdAt: string, freeze: { scope: FreezeScope } | null, holder: { id: string, name: string } | null, balance: { posted: { value: string, asset: string }, available: { value: string, asset: string } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type HolderAccountsQueryVariables = Exact<{
  id: string;
  first: number;
  after?: string | null | undefined;
}>;


export type HolderAccountsQuery = { accounts: { nodes: Array<{ id: string, type: AccountType, reference: string, createdAt: string, closedAt: string | null, holder: { name: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ReviewHolderMutationVariables = Exact<{
  input: ReviewHolderInput;
}>;


export type ReviewHolderMutation = { reviewHolder:
    | { __typename: 'ConflictError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'HolderSuccess', holder: { id: string, status: HolderStatus } }
    | { __typename: 'IdempotencyError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'LimitError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, path: Array<string> | null }
   | null };

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

export const HolderDocument = new TypedDocumentString(`
    query Holder($id: ID!) {
  holder(id: $id) {
    id
    kind
    status
    statusReason
    missingData
    name
    person {
      dateOfBirth
    }
    company {
      registrationNumber
    }
    email
    address {
      line1
      line2
      city
      region
      postalCode
      country
    }
    metadata
    createdAt
    updatedAt
  }
}
    `) as unknown as TypedDocumentString<HolderQuery, HolderQueryVariables>;
export const HolderMoneyDocument = new TypedDocumentString(`
    query HolderMoney($id: ID!) {
  balances(holderId: $id) {
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
    `) as unknown as TypedDocumentString<HolderMoneyQuery, HolderMoneyQueryVariables>;
export const HolderLedgersDocument = new TypedDocumentString(`
    query HolderLedgers($id: ID!, $first: Int!, $after: String) {
  ledgers(first: $first, after: $after, filter: {holderId: $id}) {
    nodes {
      ...LedgerRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment LedgerRow on Ledger {
  id
  asset
  status
  statusReason
  iban
  isVirtual
  createdAt
  freeze {
    scope
  }
  holder {
    id
    name
  }
  balance {
    posted {
      value
      asset
    }
    available {
      value
      asset
    }
  }
}`) as unknown as TypedDocumentString<HolderLedgersQuery, HolderLedgersQueryVariables>;
export const HolderAccountsDocument = new TypedDocumentString(`
    query HolderAccounts($id: ID!, $first: Int!, $after: String) {
  accounts(first: $first, after: $after, filter: {holderId: $id}) {
    nodes {
      ...AccountRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment AccountRow on Account {
  id
  type
  reference
  createdAt
  closedAt
  holder {
    name
  }
}`) as unknown as TypedDocumentString<HolderAccountsQuery, HolderAccountsQueryVariables>;
export const ReviewHolderDocument = new TypedDocumentString(`
    mutation ReviewHolder($input: ReviewHolderInput!) {
  reviewHolder(input: $input) {
    __typename
    ... on HolderSuccess {
      holder {
        id
        status
      }
    }
    ...Refusal
  }
}
    fragment Refusal on Error {
  __typename
  code
  message
  path
  ... on ForbiddenError {
    requiredScope
  }
}`) as unknown as TypedDocumentString<ReviewHolderMutation, ReviewHolderMutationVariables>;