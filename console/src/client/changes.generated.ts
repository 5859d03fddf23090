/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type LedgerChangesSubscriptionVariables = Exact<{
  ledgerId?: string | null | undefined;
}>;


export type LedgerChangesSubscription = { ledgerChanged: { cursor: string } };

export type HappenedSubscriptionVariables = Exact<{
  types?: Array<string> | string | null | undefined;
}>;


export type HappenedSubscription = { events: { cursor: string } };

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

export const LedgerChangesDocument = new TypedDocumentString(`
    subscription LedgerChanges($ledgerId: ID) {
  ledgerChanged(ledgerId: $ledgerId) {
    cursor
  }
}
    `) as unknown as TypedDocumentString<LedgerChangesSubscription, LedgerChangesSubscriptionVariables>;
export const HappenedDocument = new TypedDocumentString(`
    subscription Happened($types: [String!]) {
  events(types: $types) {
    cursor
  }
}
    `) as unknown as TypedDocumentString<HappenedSubscription, HappenedSubscriptionVariables>;