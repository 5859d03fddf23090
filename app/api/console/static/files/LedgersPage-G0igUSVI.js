import{t as e,u as t}from"./PageHead-Bva3yesl.js";import{u as n}from"./format-9IgIcqdB.js";import{n as r,r as i,t as a}from"./Filters-D7t4lW8J.js";import{t as o}from"./List-BgylYIPs.js";import{t as s}from"./ledgerColumns-DZbDHtzW.js";import{n as c}from"./shim-DW0jLpcr.js";var l=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new l(`
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
    `,{fragmentName:`LedgerRow`});var u=new l(`
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
}`),d=c(),f=[{name:`status`,label:`Status`,kind:`select`,options:r(`Any`,[`OK`,`PENDING`,`MISSING_DATA`,`ERROR`,`DECLINED`,`CLOSED`],e=>e===`OK`?`OK`:n(e))},{name:`asset`,label:`Asset`,help:`Its code, such as GBP`},{name:`frozen`,label:`Frozen`,kind:`select`,options:[[``,`Either`],[`true`,`Frozen`],[`false`,`Not frozen`]]}];function p({status:e,asset:t,frozen:n}){return{status:e?[e]:null,asset:t?[t.toUpperCase()]:null,frozen:n?n===`true`:null}}function m(){let n=t(u,{first:100,filter:p(i())},e=>e.ledgers);return(0,d.jsxs)(d.Fragment,{children:[(0,d.jsx)(e,{title:`Ledgers`,about:`Each holds one asset of at most one holder.`}),(0,d.jsx)(a,{fields:f}),(0,d.jsx)(o,{label:`Ledgers`,columns:s,list:n,rowKey:e=>e.id,href:e=>`/ledgers/${e.id}`,empty:`No ledger is like this.`})]})}export{m as default};