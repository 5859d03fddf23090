/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
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

export type FreezeInput = {
  id: string;
  idempotencyKey?: string | null | undefined;
  reason: string;
  scope?: FreezeScope;
};

export type FreezeScope =
  | 'ALL'
  | 'CREDITS'
  | 'DEBITS';

export type UnfreezeInput = {
  id: string;
  idempotencyKey?: string | null | undefined;
  reason?: string | null | undefined;
};

export type FreezeMutationVariables = Exact<{
  input: FreezeInput;
}>;


export type FreezeMutation = { freeze:
    | { __typename: 'ConflictError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'FreezeSuccess', replayed: boolean }
    | { __typename: 'IdempotencyError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'LimitError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, path: Array<string> | null }
   | null };

export type UnfreezeMutationVariables = Exact<{
  input: UnfreezeInput;
}>;


export type UnfreezeMutation = { unfreeze:
    | { __typename: 'ConflictError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'FreezeSuccess', replayed: boolean }
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

export const FreezeDocument = new TypedDocumentString(`
    mutation Freeze($input: FreezeInput!) {
  freeze(input: $input) {
    __typename
    ... on FreezeSuccess {
      replayed
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
}`) as unknown as TypedDocumentString<FreezeMutation, FreezeMutationVariables>;
export const UnfreezeDocument = new TypedDocumentString(`
    mutation Unfreeze($input: UnfreezeInput!) {
  unfreeze(input: $input) {
    __typename
    ... on FreezeSuccess {
      replayed
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
}`) as unknown as TypedDocumentString<UnfreezeMutation, UnfreezeMutationVariables>;