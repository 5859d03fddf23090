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

export type FreezeScope =
  | 'ALL'
  | 'CREDITS'
  | 'DEBITS';

export type AccountQueryVariables = Exact<{
  id: string;
}>;


export type AccountQuery = { account: { id: string, type: AccountType, reference: string, metadata: unknown, createdAt: string, updatedAt: string, closedAt: string | null, holder: { id: string, name: string } | null, backingLedger: { id: string, asset: string, iban: string | null } | null } | null };

export type AccountWalletsQueryVariables = Exact<{
  id: string;
  first: number;
  after?: string | null | undefined;
}>;


export type AccountWalletsQuery = { account: { wallets: { nodes: Array<{ id: string, name: string, currency: string, accountingType: AccountingType, closedAt: string | null, freeze: { scope: FreezeScope } | null, balance: { posted: { value: string, asset: string }, available: { value: string, asset: string } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type WalletRowFragment = { id: string, name: string, currency: string, accountingType: AccountingType, closedAt: string | null, freeze: { scope: FreezeScope } | null, balance: { posted: { value: string, asset: string }, available: { value: string, asset: string } } };

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
export const WalletRowFragmentDoc = new TypedDocumentString(`
    fragment WalletRow on Wallet {
  id
  name
  currency
  accountingType
  closedAt
  freeze {
    scope
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
}
    `, {"fragmentName":"WalletRow"}) as unknown as TypedDocumentString<WalletRowFragment, unknown>;
export const AccountDocument = new TypedDocumentString(`
    query Account($id: ID!) {
  account(id: $id) {
    id
    type
    reference
    metadata
    createdAt
    updatedAt
    closedAt
    holder {
      id
      name
    }
    backingLedger {
      id
      asset
      iban
    }
  }
}
    `) as unknown as TypedDocumentString<AccountQuery, AccountQueryVariables>;
export const AccountWalletsDocument = new TypedDocumentString(`
    query AccountWallets($id: ID!, $first: Int!, $after: String) {
  account(id: $id) {
    wallets(first: $first, after: $after) {
      nodes {
        ...WalletRow
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment WalletRow on Wallet {
  id
  name
  currency
  accountingType
  closedAt
  freeze {
    scope
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
}`) as unknown as TypedDocumentString<AccountWalletsQuery, AccountWalletsQueryVariables>;