/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type WebhookDeliveryStatus =
  | 'CANCELLED'
  | 'DELIVERED'
  | 'EXHAUSTED'
  | 'PENDING'
  | 'RETRYING';

export type DeliveriesOfQueryVariables = Exact<{
  resourceId: string;
}>;


export type DeliveriesOfQuery = { webhookDeliveries: { nodes: Array<{ id: string, eventType: string, status: WebhookDeliveryStatus, attemptCount: number, createdAt: string, endpoint: { id: string, url: string } }> } };

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

export const DeliveriesOfDocument = new TypedDocumentString(`
    query DeliveriesOf($resourceId: ID!) {
  webhookDeliveries(first: 20, filter: {resourceId: $resourceId}) {
    nodes {
      id
      eventType
      status
      attemptCount
      createdAt
      endpoint {
        id
        url
      }
    }
  }
}
    `) as unknown as TypedDocumentString<DeliveriesOfQuery, DeliveriesOfQueryVariables>;