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

export type PaymentDirection =
  | 'IN'
  | 'OUT';

export type PaymentStatus =
  | 'ACCEPTED'
  | 'DECLINED'
  | 'PENDING';

export type TransferStatus =
  | 'PARTLY_REVERSED'
  | 'POSTED'
  | 'REVERSED';

export type PaymentQueryVariables = Exact<{
  id: string;
}>;


export type PaymentQuery = { payment: { id: string, direction: PaymentDirection, status: PaymentStatus, statusReason: string | null, reference: string | null, metadata: unknown, partnerReference: string | null, createdAt: string, updatedAt: string, amount: { value: string, asset: string }, counterparty: { name: string, iban: string | null, ukBankAccount: { sortCode: string, accountNumber: string } | null }, ledger: { id: string, asset: string, iban: string | null, holder: { id: string, name: string } | null }, hold: { id: string, status: HoldStatus, remaining: { value: string, asset: string } } | null, transfer: { id: string, status: TransferStatus, postedAt: string } | null } | null };

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

export const PaymentDocument = new TypedDocumentString(`
    query Payment($id: ID!) {
  payment(id: $id) {
    id
    direction
    status
    statusReason
    reference
    metadata
    partnerReference
    createdAt
    updatedAt
    amount {
      value
      asset
    }
    counterparty {
      name
      iban
      ukBankAccount {
        sortCode
        accountNumber
      }
    }
    ledger {
      id
      asset
      iban
      holder {
        id
        name
      }
    }
    hold {
      id
      status
      remaining {
        value
        asset
      }
    }
    transfer {
      id
      status
      postedAt
    }
  }
}
    `) as unknown as TypedDocumentString<PaymentQuery, PaymentQueryVariables>;