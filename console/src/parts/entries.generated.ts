/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type EntryDirection =
  | 'CREDIT'
  | 'DEBIT';

export type OrderDirection =
  | 'ASC'
  | 'DESC';

export type TransferKind =
  | 'INTER_LEDGER'
  | 'PAYMENT_IN'
  | 'PAYMENT_OUT'
  | 'REVERSAL'
  | 'VIRTUAL_CREDIT'
  | 'VIRTUAL_DEBIT'
  | 'WALLET';

export type EntriesQueryVariables = Exact<{
  ledgerId?: string | null | undefined;
  walletId?: string | null | undefined;
  first: number;
  after?: string | null | undefined;
  direction?: OrderDirection | null | undefined;
}>;


export type EntriesQuery = { entries: { nodes: Array<{ id: string, sequence: string, direction: EntryDirection, postedAt: string, amount: { value: string, asset: string }, balanceAfter: { value: string, asset: string }, transfer: { id: string, kind: TransferKind, reference: string | null, debit:
          | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
          | { __typename: 'SystemAccount', id: string, name: string }
          | { __typename: 'UndisclosedParty', id: string }
          | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
        , credit:
          | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
          | { __typename: 'SystemAccount', id: string, name: string }
          | { __typename: 'UndisclosedParty', id: string }
          | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
         } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type EntryRowFragment = { id: string, sequence: string, direction: EntryDirection, postedAt: string, amount: { value: string, asset: string }, balanceAfter: { value: string, asset: string }, transfer: { id: string, kind: TransferKind, reference: string | null, debit:
      | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
      | { __typename: 'SystemAccount', id: string, name: string }
      | { __typename: 'UndisclosedParty', id: string }
      | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
    , credit:
      | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
      | { __typename: 'SystemAccount', id: string, name: string }
      | { __typename: 'UndisclosedParty', id: string }
      | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
     } };

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
export const EntryRowFragmentDoc = new TypedDocumentString(`
    fragment EntryRow on Entry {
  id
  sequence
  direction
  postedAt
  amount {
    value
    asset
  }
  balanceAfter {
    value
    asset
  }
  transfer {
    id
    kind
    reference
    debit {
      ...Party
    }
    credit {
      ...Party
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
}`, {"fragmentName":"EntryRow"}) as unknown as TypedDocumentString<EntryRowFragment, unknown>;
export const EntriesDocument = new TypedDocumentString(`
    query Entries($ledgerId: ID, $walletId: ID, $first: Int!, $after: String, $direction: OrderDirection) {
  entries(
    first: $first
    after: $after
    direction: $direction
    filter: {ledgerId: $ledgerId, walletId: $walletId}
  ) {
    nodes {
      ...EntryRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment EntryRow on Entry {
  id
  sequence
  direction
  postedAt
  amount {
    value
    asset
  }
  balanceAfter {
    value
    asset
  }
  transfer {
    id
    kind
    reference
    debit {
      ...Party
    }
    credit {
      ...Party
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
}`) as unknown as TypedDocumentString<EntriesQuery, EntriesQueryVariables>;