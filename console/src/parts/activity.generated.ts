/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type ActivityInterval =
  | 'DAY'
  | 'HOUR'
  | 'MONTH'
  | 'WEEK';

export type ActivityQueryVariables = Exact<{
  id: string;
  from: string;
  to: string;
  interval: ActivityInterval;
  timeZone: string;
}>;


export type ActivityQuery = { node:
    | { __typename: 'AccessToken' }
    | { __typename: 'Account' }
    | { __typename: 'ApiKey' }
    | { __typename: 'Entry' }
    | { __typename: 'Event' }
    | { __typename: 'Hold' }
    | { __typename: 'Holder' }
    | { __typename: 'Ledger', id: string, activity: Array<{ from: string, entryCount: number, opening: { value: string, asset: string }, debits: { value: string, asset: string }, credits: { value: string, asset: string }, closing: { value: string, asset: string } }> }
    | { __typename: 'Payment' }
    | { __typename: 'SystemAccount' }
    | { __typename: 'Transfer' }
    | { __typename: 'Wallet', id: string, activity: Array<{ from: string, entryCount: number, opening: { value: string, asset: string }, debits: { value: string, asset: string }, credits: { value: string, asset: string }, closing: { value: string, asset: string } }> }
    | { __typename: 'WebhookDelivery' }
    | { __typename: 'WebhookEndpoint' }
    | { __typename: 'WebhookReplay' }
   | null };

export type BucketFragment = { from: string, entryCount: number, opening: { value: string, asset: string }, debits: { value: string, asset: string }, credits: { value: string, asset: string }, closing: { value: string, asset: string } };

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
export const BucketFragmentDoc = new TypedDocumentString(`
    fragment Bucket on ActivityBucket {
  from
  entryCount
  opening {
    value
    asset
  }
  debits {
    value
    asset
  }
  credits {
    value
    asset
  }
  closing {
    value
    asset
  }
}
    `, {"fragmentName":"Bucket"}) as unknown as TypedDocumentString<BucketFragment, unknown>;
export const ActivityDocument = new TypedDocumentString(`
    query Activity($id: ID!, $from: DateTime!, $to: DateTime!, $interval: ActivityInterval!, $timeZone: String!) {
  node(id: $id) {
    __typename
    ... on Ledger {
      id
      activity(from: $from, to: $to, interval: $interval, timeZone: $timeZone) {
        ...Bucket
      }
    }
    ... on Wallet {
      id
      activity(from: $from, to: $to, interval: $interval, timeZone: $timeZone) {
        ...Bucket
      }
    }
  }
}
    fragment Bucket on ActivityBucket {
  from
  entryCount
  opening {
    value
    asset
  }
  debits {
    value
    asset
  }
  credits {
    value
    asset
  }
  closing {
    value
    asset
  }
}`) as unknown as TypedDocumentString<ActivityQuery, ActivityQueryVariables>;