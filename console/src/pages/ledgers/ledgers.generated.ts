/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type AssetClass =
  | 'COMMODITY'
  | 'CURRENCY';

export type DateTimeFilter = {
  gte?: string | null | undefined;
  lt?: string | null | undefined;
};

export type FreezeScope =
  | 'ALL'
  | 'CREDITS'
  | 'DEBITS';

export type IbanStatus =
  | 'DECLINED'
  | 'NOT_REQUESTED'
  | 'OK'
  | 'PENDING'
  | 'UNABLE_TO_ADVANCE';

export type LedgerFilter = {
  asset?: Array<string> | null | undefined;
  assetClass?: Array<AssetClass> | null | undefined;
  byIban?: string | null | undefined;
  byUkBankAccount?: UkBankAccountInput | null | undefined;
  changedSince?: string | null | undefined;
  createdAt?: DateTimeFilter | null | undefined;
  frozen?: boolean | null | undefined;
  holderId?: string | null | undefined;
  ibanStatus?: Array<IbanStatus> | null | undefined;
  ids?: Array<string> | null | undefined;
  metadata?: unknown;
  partnerProduct?: Array<string> | null | undefined;
  status?: Array<LedgerStatus> | null | undefined;
  type?: Array<LedgerType> | null | undefined;
  unassigned?: boolean | null | undefined;
  virtual?: boolean | null | undefined;
};

export type LedgerStatus =
  | 'CLOSED'
  | 'DECLINED'
  | 'ERROR'
  | 'MISSING_DATA'
  | 'OK'
  | 'PENDING';

export type LedgerType =
  | 'OMNIBUS'
  | 'SINGLE_USER';

export type UkBankAccountInput = {
  accountNumber: string;
  sortCode: string;
};

export type LedgersQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: LedgerFilter | null | undefined;
}>;


export type LedgersQuery = { ledgers: { nodes: Array<{ id: string, asset: string, status: LedgerStatus, statusReason: string | null, iban: string | null, isVirtual: boolean, createdAt: string, freeze: { scope: FreezeScope } | null, holder: { id: string, name: string } | null, balance: { posted: { value: string, asset: string }, available: { value: string, asset: string } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type LedgerRowFragment = { id: string, asset: string, status: LedgerStatus, statusReason: string | null, iban: string | null, isVirtual: boolean, createdAt: string, freeze: { scope: FreezeScope } | null, holder: { id: string, name: string } | null, balance: { posted: { value: string, asset: string }, available: { value: string, asset: string } } };

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
export const LedgerRowFragmentDoc = new TypedDocumentString(`
    fragment LedgerRow on Ledger {
  id
  asset
  status
  statusReason
  iban
  isVirtual
  createdAt
  freeze {
    scope
  }
  holder {
    id
    name
  }
  balance {
    posted {
      value
      asset
    }
    available {
      value
      asset
    }
  }
}
    `, {"fragmentName":"LedgerRow"}) as unknown as TypedDocumentString<LedgerRowFragment, unknown>;
export const LedgersDocument = new TypedDocumentString(`
    query Ledgers($first: Int!, $after: String, $filter: LedgerFilter) {
  ledgers(first: $first, after: $after, filter: $filter) {
    nodes {
      ...LedgerRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment LedgerRow on Ledger {
  id
  asset
  status
  statusReason
  iban
  isVirtual
  createdAt
  freeze {
    scope
  }
  holder {
    id
    name
  }
  balance {
    posted {
      value
      asset
    }
    available {
      value
      asset
    }
  }
}`) as unknown as TypedDocumentString<LedgersQuery, LedgersQueryVariables>;