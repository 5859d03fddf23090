/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type FoundBy =
  | 'BANK_ACCOUNT'
  | 'ID'
  | 'IDEMPOTENCY_KEY'
  | 'NAME'
  | 'REFERENCE'
  | 'WEBHOOK_ID';

export type FindQueryVariables = Exact<{
  text: string;
}>;


export type FindQuery = { find: { hasMore: boolean, objects: Array<{ type: string, title: string, by: FoundBy, node:
        | { __typename: 'AccessToken', id: string }
        | { __typename: 'Account', id: string }
        | { __typename: 'ApiKey', id: string }
        | { __typename: 'Entry', id: string }
        | { __typename: 'Event', id: string }
        | { __typename: 'Hold', id: string }
        | { __typename: 'Holder', id: string }
        | { __typename: 'Ledger', id: string }
        | { __typename: 'Payment', id: string }
        | { __typename: 'SystemAccount', id: string }
        | { __typename: 'Transfer', id: string }
        | { __typename: 'Wallet', id: string }
        | { __typename: 'WebhookDelivery', id: string }
        | { __typename: 'WebhookEndpoint', id: string }
        | { __typename: 'WebhookReplay', id: string }
       }>, notSearched: Array<{ resourceType: string, reason: string }> } };

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

export const FindDocument = new TypedDocumentString(`
    query Find($text: String!) {
  find(text: $text, first: 50) {
    hasMore
    objects {
      type
      title
      by
      node {
        __typename
        id
      }
    }
    notSearched {
      resourceType
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<FindQuery, FindQueryVariables>;