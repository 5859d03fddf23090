/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type CreateWebhookEndpointInput = {
  description?: string | null | undefined;
  eventTypes?: Array<string> | null | undefined;
  filter?: unknown;
  headers?: Array<WebhookHeaderInput> | null | undefined;
  holderId?: string | null | undefined;
  maxPerSecond?: number | null | undefined;
  ordered?: boolean;
  payload?: WebhookPayload;
  tls?: WebhookTlsInput | null | undefined;
  url: string;
};

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

export type ReplayWebhooksInput = {
  endpointId: string;
  eventTypes?: Array<string> | null | undefined;
  resourceId?: string | null | undefined;
  since: string;
  status?: Array<WebhookDeliveryStatus> | null | undefined;
  until?: string | null | undefined;
};

export type UpdateWebhookEndpointInput = {
  clear?: Array<WebhookEndpointField> | null | undefined;
  description?: string | null | undefined;
  enabled?: boolean | null | undefined;
  endpointId: string;
  eventTypes?: Array<string> | null | undefined;
  filter?: unknown;
  headers?: Array<WebhookHeaderInput> | null | undefined;
  holderId?: string | null | undefined;
  maxPerSecond?: number | null | undefined;
  ordered?: boolean | null | undefined;
  payload?: WebhookPayload | null | undefined;
  tls?: WebhookTlsInput | null | undefined;
  url?: string | null | undefined;
};

export type WebhookDeliveryStatus =
  | 'CANCELLED'
  | 'DELIVERED'
  | 'EXHAUSTED'
  | 'PENDING'
  | 'RETRYING';

export type WebhookEndpointField =
  | 'CA_CERTIFICATE'
  | 'CLIENT_CERTIFICATE'
  | 'DESCRIPTION'
  | 'FILTER'
  | 'HEADERS'
  | 'HOLDER'
  | 'RATE_LIMIT';

export type WebhookEndpointStatus =
  | 'DISABLED'
  | 'ENABLED'
  | 'PAUSED';

export type WebhookHeaderInput = {
  name: string;
  value: string;
};

export type WebhookPayload =
  | 'FULL'
  | 'NOTIFICATION'
  | 'THIN';

export type WebhookTlsInput = {
  caCertificate?: string | null | undefined;
  clientCertificate?: string | null | undefined;
  clientKey?: string | null | undefined;
};

export type EndpointsQueryVariables = Exact<{ [key: string]: never; }>;


export type EndpointsQuery = { webhookEndpoints: Array<{ id: string, url: string, description: string | null, status: WebhookEndpointStatus, statusReason: string | null, eventTypes: Array<string>, stats: { delivered: number, failed: number, pending: number, oldestPendingSeconds: number | null } }> };

export type EndpointQueryVariables = Exact<{
  id: string;
}>;


export type EndpointQuery = { webhookEndpoint: { payload: WebhookPayload, ordered: boolean, maxPerSecond: number | null, filter: unknown, holderId: string | null, headerNames: Array<string>, publicKey: string, secretExpiresAt: Array<string>, createdAt: string, updatedAt: string, id: string, url: string, description: string | null, status: WebhookEndpointStatus, statusReason: string | null, eventTypes: Array<string>, stats: { delivered: number, failed: number, pending: number, oldestPendingSeconds: number | null } } | null };

export type ReplayQueryVariables = Exact<{
  id: string;
}>;


export type ReplayQuery = { node:
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
    | { __typename: 'WebhookDelivery' }
    | { __typename: 'WebhookEndpoint' }
    | { __typename: 'WebhookReplay', id: string, matched: number, scheduled: number, createdAt: string, finishedAt: string | null }
   | null };

export type CreateEndpointMutationVariables = Exact<{
  input: CreateWebhookEndpointInput;
}>;


export type CreateEndpointMutation = { createWebhookEndpoint:
    | { __typename: 'ConflictError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'LimitError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'WebhookSecretSuccess', secret: string, publicKey: string, endpoint: { id: string } }
   | null };

export type UpdateEndpointMutationVariables = Exact<{
  input: UpdateWebhookEndpointInput;
}>;


export type UpdateEndpointMutation = { updateWebhookEndpoint:
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'LimitError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'WebhookEndpointSuccess', endpoint: { id: string, status: WebhookEndpointStatus } }
   | null };

export type DeleteEndpointMutationVariables = Exact<{
  id: string;
}>;


export type DeleteEndpointMutation = { deleteWebhookEndpoint:
    | { __typename: 'DeletedSuccess', deletedId: string }
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'LimitError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, path: Array<string> | null }
   | null };

export type RotateSecretMutationVariables = Exact<{
  id: string;
  overlapHours: number;
}>;


export type RotateSecretMutation = { rotateWebhookSecret:
    | { __typename: 'ConflictError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'LimitError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'WebhookSecretSuccess', secret: string, publicKey: string, endpoint: { id: string, secretExpiresAt: Array<string> } }
   | null };

export type PingMutationVariables = Exact<{
  id: string;
}>;


export type PingMutation = { pingWebhookEndpoint:
    | { __typename: 'ConflictError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'LimitError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'WebhookDeliverySuccess', delivery: { id: string } }
   | null };

export type BeginReplayMutationVariables = Exact<{
  input: ReplayWebhooksInput;
}>;


export type BeginReplayMutation = { replayWebhooks:
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'LimitError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'WebhookReplaySuccess', replay: { id: string, matched: number } }
   | null };

export type EndpointRowFragment = { id: string, url: string, description: string | null, status: WebhookEndpointStatus, statusReason: string | null, eventTypes: Array<string>, stats: { delivered: number, failed: number, pending: number, oldestPendingSeconds: number | null } };

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
export const EndpointRowFragmentDoc = new TypedDocumentString(`
    fragment EndpointRow on WebhookEndpoint {
  id
  url
  description
  status
  statusReason
  eventTypes
  stats {
    delivered
    failed
    pending
    oldestPendingSeconds
  }
}
    `, {"fragmentName":"EndpointRow"}) as unknown as TypedDocumentString<EndpointRowFragment, unknown>;
export const EndpointsDocument = new TypedDocumentString(`
    query Endpoints {
  webhookEndpoints {
    ...EndpointRow
  }
}
    fragment EndpointRow on WebhookEndpoint {
  id
  url
  description
  status
  statusReason
  eventTypes
  stats {
    delivered
    failed
    pending
    oldestPendingSeconds
  }
}`) as unknown as TypedDocumentString<EndpointsQuery, EndpointsQueryVariables>;
export const EndpointDocument = new TypedDocumentString(`
    query Endpoint($id: ID!) {
  webhookEndpoint(id: $id) {
    ...EndpointRow
    payload
    ordered
    maxPerSecond
    filter
    holderId
    headerNames
    publicKey
    secretExpiresAt
    createdAt
    updatedAt
  }
}
    fragment EndpointRow on WebhookEndpoint {
  id
  url
  description
  status
  statusReason
  eventTypes
  stats {
    delivered
    failed
    pending
    oldestPendingSeconds
  }
}`) as unknown as TypedDocumentString<EndpointQuery, EndpointQueryVariables>;
export const ReplayDocument = new TypedDocumentString(`
    query Replay($id: ID!) {
  node(id: $id) {
    __typename
    ... on WebhookReplay {
      id
      matched
      scheduled
      createdAt
      finishedAt
    }
  }
}
    `) as unknown as TypedDocumentString<ReplayQuery, ReplayQueryVariables>;
export const CreateEndpointDocument = new TypedDocumentString(`
    mutation CreateEndpoint($input: CreateWebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) {
    __typename
    ... on WebhookSecretSuccess {
      endpoint {
        id
      }
      secret
      publicKey
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
}`) as unknown as TypedDocumentString<CreateEndpointMutation, CreateEndpointMutationVariables>;
export const UpdateEndpointDocument = new TypedDocumentString(`
    mutation UpdateEndpoint($input: UpdateWebhookEndpointInput!) {
  updateWebhookEndpoint(input: $input) {
    __typename
    ... on WebhookEndpointSuccess {
      endpoint {
        id
        status
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
}`) as unknown as TypedDocumentString<UpdateEndpointMutation, UpdateEndpointMutationVariables>;
export const DeleteEndpointDocument = new TypedDocumentString(`
    mutation DeleteEndpoint($id: ID!) {
  deleteWebhookEndpoint(endpointId: $id) {
    __typename
    ... on DeletedSuccess {
      deletedId
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
}`) as unknown as TypedDocumentString<DeleteEndpointMutation, DeleteEndpointMutationVariables>;
export const RotateSecretDocument = new TypedDocumentString(`
    mutation RotateSecret($id: ID!, $overlapHours: Int!) {
  rotateWebhookSecret(endpointId: $id, overlapHours: $overlapHours) {
    __typename
    ... on WebhookSecretSuccess {
      endpoint {
        id
        secretExpiresAt
      }
      secret
      publicKey
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
}`) as unknown as TypedDocumentString<RotateSecretMutation, RotateSecretMutationVariables>;
export const PingDocument = new TypedDocumentString(`
    mutation Ping($id: ID!) {
  pingWebhookEndpoint(endpointId: $id) {
    __typename
    ... on WebhookDeliverySuccess {
      delivery {
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
}`) as unknown as TypedDocumentString<PingMutation, PingMutationVariables>;
export const BeginReplayDocument = new TypedDocumentString(`
    mutation BeginReplay($input: ReplayWebhooksInput!) {
  replayWebhooks(input: $input) {
    __typename
    ... on WebhookReplaySuccess {
      replay {
        id
        matched
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
}`) as unknown as TypedDocumentString<BeginReplayMutation, BeginReplayMutationVariables>;