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

export type FreezeScope =
  | 'ALL'
  | 'CREDITS'
  | 'DEBITS';

export type WalletQueryVariables = Exact<{
  id: string;
}>;


export type WalletQuery = { wallet: { id: string, name: string, currency: string, accountingType: AccountingType, allowNegative: boolean, metadata: unknown, createdAt: string, updatedAt: string, closedAt: string | null, overdraftLimit: { value: string, asset: string }, freeze: { scope: FreezeScope, reason: string, frozenAt: string } | null, balance: { sequence: string, posted: { value: string, asset: string }, held: { value: string, asset: string }, available: { value: string, asset: string } }, account: { id: string, reference: string, holder: { id: string, name: string } | null } } | null };

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

export const WalletDocument = new TypedDocumentString(`
    query Wallet($id: ID!) {
  wallet(id: $id) {
    id
    name
    currency
    accountingType
    allowNegative
    metadata
    createdAt
    updatedAt
    closedAt
    overdraftLimit {
      value
      asset
    }
    freeze {
      scope
      reason
      frozenAt
    }
    balance {
      sequence
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
    account {
      id
      reference
      holder {
        id
        name
      }
    }
  }
}
    `) as unknown as TypedDocumentString<WalletQuery, WalletQueryVariables>;