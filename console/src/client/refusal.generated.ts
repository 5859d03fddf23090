/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
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

export type Refusal_BatchRefusedError_Fragment = { __typename: 'BatchRefusedError', code: ErrorCode, message: string, path: Array<string> | null };

export type Refusal_ConflictError_Fragment = { __typename: 'ConflictError', code: ErrorCode, message: string, path: Array<string> | null };

export type Refusal_ForbiddenError_Fragment = { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null };

export type Refusal_IdempotencyError_Fragment = { __typename: 'IdempotencyError', code: ErrorCode, message: string, path: Array<string> | null };

export type Refusal_InsufficientFundsError_Fragment = { __typename: 'InsufficientFundsError', code: ErrorCode, message: string, path: Array<string> | null };

export type Refusal_LimitError_Fragment = { __typename: 'LimitError', code: ErrorCode, message: string, path: Array<string> | null };

export type Refusal_NotFoundError_Fragment = { __typename: 'NotFoundError', code: ErrorCode, message: string, path: Array<string> | null };

export type Refusal_ValidationError_Fragment = { __typename: 'ValidationError', code: ErrorCode, message: string, path: Array<string> | null };

export type RefusalFragment =
  | Refusal_BatchRefusedError_Fragment
  | Refusal_ConflictError_Fragment
  | Refusal_ForbiddenError_Fragment
  | Refusal_IdempotencyError_Fragment
  | Refusal_InsufficientFundsError_Fragment
  | Refusal_LimitError_Fragment
  | Refusal_NotFoundError_Fragment
  | Refusal_ValidationError_Fragment
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
export const RefusalFragmentDoc = new TypedDocumentString(`
    fragment Refusal on Error {
  __typename
  code
  message
  path
  ... on ForbiddenError {
    requiredScope
  }
}
    `, {"fragmentName":"Refusal"}) as unknown as TypedDocumentString<RefusalFragment, unknown>;