/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type DateTimeFilter = {
  gte?: string | null | undefined;
  lt?: string | null | undefined;
};

export type EventFilter = {
  occurredAt?: DateTimeFilter | null | undefined;
  resourceId?: string | null | undefined;
  resourceType?: Array<string> | null | undefined;
  types?: Array<string> | null | undefined;
};

export type FoundBy =
  | 'BANK_ACCOUNT'
  | 'ID'
  | 'IDEMPOTENCY_KEY'
  | 'NAME'
  | 'REFERENCE'
  | 'WEBHOOK_ID';

export type WebhookDeliveryStatus =
  | 'CANCELLED'
  | 'DELIVERED'
  | 'EXHAUSTED'
  | 'PENDING'
  | 'RETRYING';

export type NewestEventsQueryVariables = Exact<{
  last: number;
  after?: string | null | undefined;
  filter?: EventFilter | null | undefined;
}>;


export type NewestEventsQuery = { events: { nodes: Array<{ id: string, type: string, resourceType: string, resourceId: string, via: string, actor: string, occurredAt: string, apiKey: { id: string, name: string } | null }>, pageInfo: { hasPreviousPage: boolean, startCursor: string | null } } };

export type OneEventQueryVariables = Exact<{
  id: string;
  text: string;
}>;


export type OneEventQuery = { node:
    | { __typename: 'AccessToken' }
    | { __typename: 'Account' }
    | { __typename: 'ApiKey' }
    | { __typename: 'Entry' }
    | { __typename: 'Event', resourceVersion: number, requestId: string | null, previous: unknown, data: unknown, id: string, type: string, resourceType: string, resourceId: string, via: string, actor: string, occurredAt: string, apiKey: { id: string, name: string } | null }
    | { __typename: 'Hold' }
    | { __typename: 'Holder' }
    | { __typename: 'Ledger' }
    | { __typename: 'Payment' }
    | { __typename: 'SystemAccount' }
    | { __typename: 'Transfer' }
    | { __typename: 'Wallet' }
    | { __typename: 'WebhookDelivery' }
    | { __typename: 'WebhookEndpoint' }
    | { __typename: 'WebhookReplay' }
   | null, find: { objects: Array<{ by: FoundBy, node:
        | { __typename: 'AccessToken' }
        | { __typename: 'Account' }
        | { __typename: 'ApiKey' }
        | { __typename: 'Entry' }
        | { __typename: 'Event' }
        | { __typename: 'Hold' }
        | { __typename: 'Holder' }
        | { __typename: 'Ledger' }
        | { __typename: 'Payment' }
        | { __typename: 'SystemAccount' }
        | { __typename: 'Transfer' }
        | { __typename: 'Wallet' }
        | { __typename: 'WebhookDelivery', id: string, status: WebhookDeliveryStatus, endpoint: { url: string } }
        | { __typename: 'WebhookEndpoint' }
        | { __typename: 'WebhookReplay' }
       }> } };

export type EventTypesQueryVariables = Exact<{ [key: string]: never; }>;


export type EventTypesQuery = { eventTypes: Array<string> };

export type EventRowFragment = { id: string, type: string, resourceType: string, resourceId: string, via: string, actor: string, occurredAt: string, apiKey: { id: string, name: string } | null };

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
export const EventRowFragmentDoc = new TypedDocumentString(`
    fragment EventRow on Event {
  id
  type
  resourceType
  resourceId
  via
  actor
  occurredAt
  apiKey {
    id
    name
  }
}
    `, {"fragmentName":"EventRow"}) as unknown as TypedDocumentString<EventRowFragment, unknown>;
export const NewestEventsDocument = new TypedDocumentString(`
    query NewestEvents($last: Int!, $after: String, $filter: EventFilter) {
  events(last: $last, before: $after, filter: $filter) {
    nodes {
      ...EventRow
    }
    pageInfo {
      hasPreviousPage
      startCursor
    }
  }
}
    fragment EventRow on Event {
  id
  type
  resourceType
  resourceId
  via
  actor
  occurredAt
  apiKey {
    id
    name
  }
}`) as unknown as TypedDocumentString<NewestEventsQuery, NewestEventsQueryVariables>;
export const OneEventDocument = new TypedDocumentString(`
    query OneEvent($id: ID!, $text: String!) {
  node(id: $id) {
    __typename
    ... on Event {
      ...EventRow
      resourceVersion
      requestId
      previous
      data
    }
  }
  find(text: $text) {
    objects {
      by
      node {
        __typename
        ... on WebhookDelivery {
          id
          status
          endpoint {
            url
          }
        }
      }
    }
  }
}
    fragment EventRow on Event {
  id
  type
  resourceType
  resourceId
  via
  actor
  occurredAt
  apiKey {
    id
    name
  }
}`) as unknown as TypedDocumentString<OneEventQuery, OneEventQueryVariables>;
export const EventTypesDocument = new TypedDocumentString(`
    query EventTypes {
  eventTypes
}
    `) as unknown as TypedDocumentString<EventTypesQuery, EventTypesQueryVariables>;