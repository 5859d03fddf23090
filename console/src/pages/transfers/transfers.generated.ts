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

export type HoldStatus =
  | 'CAPTURED'
  | 'EXPIRED'
  | 'PLACED'
  | 'RELEASED';

export type PaymentStatus =
  | 'ACCEPTED'
  | 'DECLINED'
  | 'PENDING';

export type TransferFilter = {
  amount?: AmountFilter | null | undefined;
  effectiveAt?: DateTimeFilter | null | undefined;
  groupId?: string | null | undefined;
  kind?: Array<TransferKind> | null | undefined;
  ledgerId?: string | null | undefined;
  metadata?: unknown;
  postedAt?: DateTimeFilter | null | undefined;
  reference?: string | null | undefined;
  status?: Array<TransferStatus> | null | undefined;
  walletId?: string | null | undefined;
};

export type TransferKind =
  | 'INTER_LEDGER'
  | 'PAYMENT_IN'
  | 'PAYMENT_OUT'
  | 'REVERSAL'
  | 'VIRTUAL_CREDIT'
  | 'VIRTUAL_DEBIT'
  | 'WALLET';

export type TransferStatus =
  | 'PARTLY_REVERSED'
  | 'POSTED'
  | 'REVERSED';

export type TransfersQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: TransferFilter | null | undefined;
}>;


export type TransfersQuery = { transfers: { nodes: Array<{ id: string, kind: TransferKind, status: TransferStatus, reference: string | null, postedAt: string, amount: { value: string, asset: string }, debit:
        | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
        | { __typename: 'SystemAccount', id: string, name: string }
        | { __typename: 'UndisclosedParty', id: string }
        | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
      , credit:
        | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
        | { __typename: 'SystemAccount', id: string, name: string }
        | { __typename: 'UndisclosedParty', id: string }
        | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
       }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type TransferRowFragment = { id: string, kind: TransferKind, status: TransferStatus, reference: string | null, postedAt: string, amount: { value: string, asset: string }, debit:
    | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
    | { __typename: 'SystemAccount', id: string, name: string }
    | { __typename: 'UndisclosedParty', id: string }
    | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
  , credit:
    | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
    | { __typename: 'SystemAccount', id: string, name: string }
    | { __typename: 'UndisclosedParty', id: string }
    | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
   };

export type TransferQueryVariables = Exact<{
  id: string;
}>;


export type TransferQuery = { transfer: { id: string, kind: TransferKind, status: TransferStatus, groupId: string | null, reference: string | null, metadata: unknown, forced: boolean, effectiveAt: string, postedAt: string, amount: { value: string, asset: string }, reversedAmount: { value: string, asset: string }, debit:
      | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
      | { __typename: 'SystemAccount', id: string, name: string }
      | { __typename: 'UndisclosedParty', id: string }
      | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
    , credit:
      | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
      | { __typename: 'SystemAccount', id: string, name: string }
      | { __typename: 'UndisclosedParty', id: string }
      | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
    , reverses: { id: string } | null, reversals: Array<{ id: string, postedAt: string, amount: { value: string, asset: string } }>, hold: { id: string, status: HoldStatus } | null, payment: { id: string, status: PaymentStatus } | null } | null };

export type HoldQueryVariables = Exact<{
  id: string;
}>;


export type HoldQuery = { hold: { id: string, status: HoldStatus, reference: string | null, metadata: unknown, expiresAt: string | null, createdAt: string, updatedAt: string, amount: { value: string, asset: string }, captured: { value: string, asset: string }, released: { value: string, asset: string }, remaining: { value: string, asset: string }, debit:
      | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
      | { __typename: 'SystemAccount', id: string, name: string }
      | { __typename: 'UndisclosedParty', id: string }
      | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
    , credit:
      | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
      | { __typename: 'SystemAccount', id: string, name: string }
      | { __typename: 'UndisclosedParty', id: string }
      | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
    , transfers: Array<{ id: string, postedAt: string, amount: { value: string, asset: string } }> } | null };

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
export const TransferRowFragmentDoc = new TypedDocumentString(`
    fragment TransferRow on Transfer {
  id
  kind
  status
  reference
  postedAt
  amount {
    value
    asset
  }
  debit {
    ...Party
  }
  credit {
    ...Party
  }
}
    fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`, {"fragmentName":"TransferRow"}) as unknown as TypedDocumentString<TransferRowFragment, unknown>;
export const TransfersDocument = new TypedDocumentString(`
    query Transfers($first: Int!, $after: String, $filter: TransferFilter) {
  transfers(first: $first, after: $after, filter: $filter) {
    nodes {
      ...TransferRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment TransferRow on Transfer {
  id
  kind
  status
  reference
  postedAt
  amount {
    value
    asset
  }
  debit {
    ...Party
  }
  credit {
    ...Party
  }
}
fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`) as unknown as TypedDocumentString<TransfersQuery, TransfersQueryVariables>;
export const TransferDocument = new TypedDocumentString(`
    query Transfer($id: ID!) {
  transfer(id: $id) {
    id
    kind
    status
    groupId
    reference
    metadata
    forced
    effectiveAt
    postedAt
    amount {
      value
      asset
    }
    reversedAmount {
      value
      asset
    }
    debit {
      ...Party
    }
    credit {
      ...Party
    }
    reverses {
      id
    }
    reversals {
      id
      postedAt
      amount {
        value
        asset
      }
    }
    hold {
      id
      status
    }
    payment {
      id
      status
    }
  }
}
    fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`) as unknown as TypedDocumentString<TransferQuery, TransferQueryVariables>;
export const HoldDocument = new TypedDocumentString(`
    query Hold($id: ID!) {
  hold(id: $id) {
    id
    status
    reference
    metadata
    expiresAt
    createdAt
    updatedAt
    amount {
      value
      asset
    }
    captured {
      value
      asset
    }
    released {
      value
      asset
    }
    remaining {
      value
      asset
    }
    debit {
      ...Party
    }
    credit {
      ...Party
    }
    transfers {
      id
      postedAt
      amount {
        value
        asset
      }
    }
  }
}
    fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`) as unknown as TypedDocumentString<HoldQuery, HoldQueryVariables>;