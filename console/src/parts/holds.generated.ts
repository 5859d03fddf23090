/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type HoldStatus =
  | 'CAPTURED'
  | 'EXPIRED'
  | 'PLACED'
  | 'RELEASED';

export type HoldsQueryVariables = Exact<{
  ledgerId?: string | null | undefined;
  walletId?: string | null | undefined;
  status?: Array<HoldStatus> | HoldStatus | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type HoldsQuery = { holds: { nodes: Array<{ id: string, status: HoldStatus, reference: string | null, createdAt: string, expiresAt: string | null, amount: { value: string, asset: string }, remaining: { value: string, asset: string }, credit:
        | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
        | { __typename: 'SystemAccount', id: string, name: string }
        | { __typename: 'UndisclosedParty', id: string }
        | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
       }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type HoldRowFragment = { id: string, status: HoldStatus, reference: string | null, createdAt: string, expiresAt: string | null, amount: { value: string, asset: string }, remaining: { value: string, asset: string }, credit:
    | { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null }
    | { __typename: 'SystemAccount', id: string, name: string }
    | { __typename: 'UndisclosedParty', id: string }
    | { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } }
   };

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
export const HoldRowFragmentDoc = new TypedDocumentString(`
    fragment HoldRow on Hold {
  id
  status
  reference
  createdAt
  expiresAt
  amount {
    value
    asset
  }
  remaining {
    value
    asset
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
}`, {"fragmentName":"HoldRow"}) as unknown as TypedDocumentString<HoldRowFragment, unknown>;
export const HoldsDocument = new TypedDocumentString(`
    query Holds($ledgerId: ID, $walletId: ID, $status: [HoldStatus!], $first: Int!, $after: String) {
  holds(
    first: $first
    after: $after
    filter: {ledgerId: $ledgerId, walletId: $walletId, status: $status}
  ) {
    nodes {
      ...HoldRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment HoldRow on Hold {
  id
  status
  reference
  createdAt
  expiresAt
  amount {
    value
    asset
  }
  remaining {
    value
    asset
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
}`) as unknown as TypedDocumentString<HoldsQuery, HoldsQueryVariables>;