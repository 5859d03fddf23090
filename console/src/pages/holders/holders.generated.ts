/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type HolderFilter = {
  changedSince?: string | null | undefined;
  email?: string | null | undefined;
  kind?: Array<HolderKind> | null | undefined;
  metadata?: unknown;
  search?: string | null | undefined;
  status?: Array<HolderStatus> | null | undefined;
};

export type HolderKind =
  | 'CUSTOMER'
  | 'ENDUSER';

export type HolderStatus =
  | 'DECLINED'
  | 'MISSING_DATA'
  | 'OK'
  | 'PENDING'
  | 'QUARANTINE';

export type HoldersQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: HolderFilter | null | undefined;
}>;


export type HoldersQuery = { holders: { nodes: Array<{ id: string, name: string, kind: HolderKind, status: HolderStatus, statusReason: string | null, email: string | null, createdAt: string }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type HolderRowFragment = { id: string, name: string, kind: HolderKind, status: HolderStatus, statusReason: string | null, email: string | null, createdAt: string };

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
export const HolderRowFragmentDoc = new TypedDocumentString(`
    fragment HolderRow on Holder {
  id
  name
  kind
  status
  statusReason
  email
  createdAt
}
    `, {"fragmentName":"HolderRow"}) as unknown as TypedDocumentString<HolderRowFragment, unknown>;
export const HoldersDocument = new TypedDocumentString(`
    query Holders($first: Int!, $after: String, $filter: HolderFilter) {
  holders(first: $first, after: $after, filter: $filter) {
    nodes {
      ...HolderRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment HolderRow on Holder {
  id
  name
  kind
  status
  statusReason
  email
  createdAt
}`) as unknown as TypedDocumentString<HoldersQuery, HoldersQueryVariables>;