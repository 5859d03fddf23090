/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type AccountFilter = {
  changedSince?: string | null | undefined;
  holderId?: string | null | undefined;
  metadata?: unknown;
  references?: Array<string> | null | undefined;
  type?: Array<AccountType> | null | undefined;
};

export type AccountType =
  | 'CHART'
  | 'GROUP';

export type AccountsQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: AccountFilter | null | undefined;
}>;


export type AccountsQuery = { accounts: { nodes: Array<{ id: string, type: AccountType, reference: string, createdAt: string, closedAt: string | null, holder: { name: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type AccountRowFragment = { id: string, type: AccountType, reference: string, createdAt: string, closedAt: string | null, holder: { name: string } | null };

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
export const AccountRowFragmentDoc = new TypedDocumentString(`
    fragment AccountRow on Account {
  id
  type
  reference
  createdAt
  closedAt
  holder {
    name
  }
}
    `, {"fragmentName":"AccountRow"}) as unknown as TypedDocumentString<AccountRowFragment, unknown>;
export const AccountsDocument = new TypedDocumentString(`
    query Accounts($first: Int!, $after: String, $filter: AccountFilter) {
  accounts(first: $first, after: $after, filter: $filter) {
    nodes {
      ...AccountRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment AccountRow on Account {
  id
  type
  reference
  createdAt
  closedAt
  holder {
    name
  }
}`) as unknown as TypedDocumentString<AccountsQuery, AccountsQueryVariables>;