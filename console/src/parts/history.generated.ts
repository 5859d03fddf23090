/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type HistoryQueryVariables = Exact<{
  id: string;
  types?: Array<string> | string | null | undefined;
}>;


export type HistoryQuery = { events: { nodes: Array<{ id: string, type: string, occurredAt: string, via: string, actor: string, requestId: string | null, previous: unknown, data: unknown }>, pageInfo: { hasNextPage: boolean } } };

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

export const HistoryDocument = new TypedDocumentString(`
    query History($id: ID!, $types: [String!]) {
  events(first: 200, filter: {resourceId: $id, types: $types}) {
    nodes {
      id
      type
      occurredAt
      via
      actor
      requestId
      previous
      data
    }
    pageInfo {
      hasNextPage
    }
  }
}
    `) as unknown as TypedDocumentString<HistoryQuery, HistoryQueryVariables>;