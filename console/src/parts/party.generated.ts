/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type Party_Ledger_Fragment = { __typename: 'Ledger', id: string, asset: string, iban: string | null, holder: { name: string } | null };

export type Party_SystemAccount_Fragment = { __typename: 'SystemAccount', id: string, name: string };

export type Party_UndisclosedParty_Fragment = { __typename: 'UndisclosedParty', id: string };

export type Party_Wallet_Fragment = { __typename: 'Wallet', id: string, name: string, currency: string, account: { reference: string } };

export type PartyFragment =
  | Party_Ledger_Fragment
  | Party_SystemAccount_Fragment
  | Party_UndisclosedParty_Fragment
  | Party_Wallet_Fragment
;

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
export const PartyFragmentDoc = new TypedDocumentString(`
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
}
    `, {"fragmentName":"Party"}) as unknown as TypedDocumentString<PartyFragment, unknown>;