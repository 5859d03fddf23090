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

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { customerId: string, customerName: string, environment: string, scopes: Array<string>, apiKey: { id: string, name: string, prefix: string, expiresAt: string | null } | null, accessToken: { id: string, holderId: string, expiresAt: string } | null } };

export type EndOwnKeyMutationVariables = Exact<{
  id: string;
}>;


export type EndOwnKeyMutation = { revokeApiKey:
    | { __typename: 'ApiKeySuccess', apiKey: { id: string } }
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
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

export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    customerId
    customerName
    environment
    scopes
    apiKey {
      id
      name
      prefix
      expiresAt
    }
    accessToken {
      id
      holderId
      expiresAt
    }
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;
export const EndOwnKeyDocument = new TypedDocumentString(`
    mutation EndOwnKey($id: ID!) {
  revokeApiKey(apiKeyId: $id) {
    __typename
    ... on ApiKeySuccess {
      apiKey {
        id
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
}`) as unknown as TypedDocumentString<EndOwnKeyMutation, EndOwnKeyMutationVariables>;