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

export type RetryWorkInput = {
  idempotencyKey?: string | null | undefined;
  workId: string;
};

export type StuckKind =
  | 'DELIVERY'
  | 'ENDPOINT'
  | 'HOLDER'
  | 'LEDGER'
  | 'PAYMENT'
  | 'WORK';

export type WorkStatus =
  | 'DEAD'
  | 'PENDING';

export type WhatIsStuckQueryVariables = Exact<{
  kinds?: Array<StuckKind> | StuckKind | null | undefined;
  first: number;
}>;


export type WhatIsStuckQuery = { stuckWork: { items: Array<{ kind: StuckKind, title: string | null, reason: string, advice: string, since: string, node:
        | { __typename: 'AccessToken', id: string }
        | { __typename: 'Account', id: string }
        | { __typename: 'ApiKey', id: string }
        | { __typename: 'Entry', id: string }
        | { __typename: 'Event', id: string }
        | { __typename: 'Hold', id: string }
        | { __typename: 'Holder', id: string }
        | { __typename: 'Ledger', id: string, holder: { name: string } | null }
        | { __typename: 'Payment', id: string }
        | { __typename: 'SystemAccount', id: string }
        | { __typename: 'Transfer', id: string }
        | { __typename: 'Wallet', id: string }
        | { __typename: 'WebhookDelivery', id: string }
        | { __typename: 'WebhookEndpoint', id: string }
        | { __typename: 'WebhookReplay', id: string }
       | null, work: { workId: string, task: string, status: WorkStatus, attemptCount: number, nextAttemptAt: string | null, lastError: string | null } | null }>, counts: Array<{ kind: StuckKind, count: number, hasMore: boolean }>, notSearched: Array<{ resourceType: string, requiredScope: string | null }> } };

export type RetryWorkMutationVariables = Exact<{
  input: RetryWorkInput;
}>;


export type RetryWorkMutation = { retryWork:
    | { __typename: 'ForbiddenError', requiredScope: string | null, code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'IdempotencyError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'LimitError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'ValidationError', code: ErrorCode, message: string, path: Array<string> | null }
    | { __typename: 'WorkSuccess', replayed: boolean, work: { workId: string, status: WorkStatus } | null }
   | null };

export type StuckRowFragment = { kind: StuckKind, title: string | null, reason: string, advice: string, since: string, node:
    | { __typename: 'AccessToken', id: string }
    | { __typename: 'Account', id: string }
    | { __typename: 'ApiKey', id: string }
    | { __typename: 'Entry', id: string }
    | { __typename: 'Event', id: string }
    | { __typename: 'Hold', id: string }
    | { __typename: 'Holder', id: string }
    | { __typename: 'Ledger', id: string, holder: { name: string } | null }
    | { __typename: 'Payment', id: string }
    | { __typename: 'SystemAccount', id: string }
    | { __typename: 'Transfer', id: string }
    | { __typename: 'Wallet', id: string }
    | { __typename: 'WebhookDelivery', id: string }
    | { __typename: 'WebhookEndpoint', id: string }
    | { __typename: 'WebhookReplay', id: string }
   | null, work: { workId: string, task: string, status: WorkStatus, attemptCount: number, nextAttemptAt: string | null, lastError: string | null } | null };

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
export const StuckRowFragmentDoc = new TypedDocumentString(`
    fragment StuckRow on StuckItem {
  kind
  title
  reason
  advice
  since
  node {
    __typename
    id
    ... on Ledger {
      holder {
        name
      }
    }
  }
  work {
    workId
    task
    status
    attemptCount
    nextAttemptAt
    lastError
  }
}
    `, {"fragmentName":"StuckRow"}) as unknown as TypedDocumentString<StuckRowFragment, unknown>;
export const WhatIsStuckDocument = new TypedDocumentString(`
    query WhatIsStuck($kinds: [StuckKind!], $first: Int!) {
  stuckWork(kinds: $kinds, first: $first) {
    items {
      ...StuckRow
    }
    counts {
      kind
      count
      hasMore
    }
    notSearched {
      resourceType
      requiredScope
    }
  }
}
    fragment StuckRow on StuckItem {
  kind
  title
  reason
  advice
  since
  node {
    __typename
    id
    ... on Ledger {
      holder {
        name
      }
    }
  }
  work {
    workId
    task
    status
    attemptCount
    nextAttemptAt
    lastError
  }
}`) as unknown as TypedDocumentString<WhatIsStuckQuery, WhatIsStuckQueryVariables>;
export const RetryWorkDocument = new TypedDocumentString(`
    mutation RetryWork($input: RetryWorkInput!) {
  retryWork(input: $input) {
    __typename
    ... on WorkSuccess {
      work {
        workId
        status
      }
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
}`) as unknown as TypedDocumentString<RetryWorkMutation, RetryWorkMutationVariables>;