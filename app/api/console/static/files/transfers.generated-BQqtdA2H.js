var e=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new e(`
    fragment TransferRow on Transfer {
  id
  kind
  status
  reference
  postedAt
  amount {
    value
    asset
  }
  debit {
    ...Party
  }
  credit {
    ...Party
  }
}
    fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`,{fragmentName:`TransferRow`});var t=new e(`
    query Transfers($first: Int!, $after: String, $filter: TransferFilter) {
  transfers(first: $first, after: $after, filter: $filter) {
    nodes {
      ...TransferRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment TransferRow on Transfer {
  id
  kind
  status
  reference
  postedAt
  amount {
    value
    asset
  }
  debit {
    ...Party
  }
  credit {
    ...Party
  }
}
fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`),n=new e(`
    query Transfer($id: ID!) {
  transfer(id: $id) {
    id
    kind
    status
    groupId
    reference
    metadata
    forced
    effectiveAt
    postedAt
    amount {
      value
      asset
    }
    reversedAmount {
      value
      asset
    }
    debit {
      ...Party
    }
    credit {
      ...Party
    }
    reverses {
      id
    }
    reversals {
      id
      postedAt
      amount {
        value
        asset
      }
    }
    hold {
      id
      status
    }
    payment {
      id
      status
    }
  }
}
    fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`),r=new e(`
    query Hold($id: ID!) {
  hold(id: $id) {
    id
    status
    reference
    metadata
    expiresAt
    createdAt
    updatedAt
    amount {
      value
      asset
    }
    captured {
      value
      asset
    }
    released {
      value
      asset
    }
    remaining {
      value
      asset
    }
    debit {
      ...Party
    }
    credit {
      ...Party
    }
    transfers {
      id
      postedAt
      amount {
        value
        asset
      }
    }
  }
}
    fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`);export{n,t as r,r as t};