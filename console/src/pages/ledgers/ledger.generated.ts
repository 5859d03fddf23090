/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type AssignIbanInput = {
  idempotencyKey?: string | null | undefined;
  ledgerId: string;
};

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

export type HolderStatus =
  | 'DECLINED'
  | 'MISSING_DATA'
  | 'OK'
  | 'PENDING'
  | 'QUARANTINE';

export type IbanStatus =
  | 'DECLINED'
  | 'NOT_REQUESTED'
  | 'OK'
  | 'PENDING'
  | 'UNABLE_TO_ADVANCE';

export type LedgerStatus =
  | 'CLOSED'
  | 'DECLINED'
  | 'ERROR'
  | 'MISSING_DATA'
  | 'OK'
  | 'PENDING';

export type LedgerType =
  | 'OMNIBUS'
  | 'SINGLE_USER';

export type LedgerUse =
  | 'COLLATERAL'
  | 'DEPOSIT'
  | 'ESCROW'
  | 'FEES'
  | 'FLOAT'
  | 'INVESTMENT'
  | 'PAYMENTS'
  | 'SETTLEMENT';

export type LedgerQueryVariables = Exact<{
  id: string;
}>;


export type LedgerQuery = { ledger: { id: string, type: LedgerType, asset: string, isVirtual: boolean, status: LedgerStatus, statusReason: string | null, missingData: Array<string>, primaryUses: Array<LedgerUse>, jurisdiction: string | null, partnerProduct: string | null, iban: string | null, bic: string | null, ibanStatus: IbanStatus, metadata: unknown, createdAt: string, updatedAt: string, ukBankAccount: { sortCode: string, accountNumber: string } | null, partner: { name: string } | null, holder: { id: string, name: string, status: HolderStatus, statusReason: string | null, missingData: Array<string> } | null, balance: { sequence: string, posted: { value: string, asset: string }, held: { value: string, asset: string }, available: { value: string, asset: string } }, overdraftLimit: { value: string, asset: string }, freeze: { scope: FreezeScope, reason: string, frozenAt: string } | null } | null };

export type AssignIbanMutationVariables = Exact<{
  input: AssignIbanInput;
}>;


export type AssignIbanMutation = { assignIban:
    | { __typename: 'ConflictError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'IdempotencyError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'LedgerSuccess', ledger: { id: string, ibanStatus: IbanStatus } }
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

export const LedgerDocument = new TypedDocumentString(`
    query Ledger($id: ID!) {
  ledger(id: $id) {
    id
    type
    asset
    isVirtual
    status
    statusReason
    missingData
    primaryUses
    jurisdiction
    partnerProduct
    iban
    bic
    ibanStatus
    ukBankAccount {
      sortCode
      accountNumber
    }
    partner {
      name
    }
    holder {
      id
      name
      status
      statusReason
      missingData
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
    overdraftLimit {
      value
      asset
    }
    freeze {
      scope
      reason
      frozenAt
    }
    metadata
    createdAt
    updatedAt
  }
}
    `) as unknown as TypedDocumentString<LedgerQuery, LedgerQueryVariables>;
export const AssignIbanDocument = new TypedDocumentString(`
    mutation AssignIban($input: AssignIbanInput!) {
  assignIban(input: $input) {
    __typename
    ... on LedgerSuccess {
      ledger {
        id
        ibanStatus
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
}`) as unknown as TypedDocumentString<AssignIbanMutation, AssignIbanMutationVariables>;