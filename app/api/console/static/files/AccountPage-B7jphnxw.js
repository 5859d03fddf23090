import{C as e,a as t,i as n,l as r,r as i,t as a,u as o}from"./PageHead-DCYkKlsy.js";import{t as s}from"./changes.generated-BQ6cOjn7.js";import{n as c}from"./live-wr2tXzfG.js";import{u as l}from"./format-BVDaE3_S.js";import{n as u,r as d,t as f}from"./NotThere-DAtcDF6c.js";import{n as p}from"./Id-Dcoururi.js";import{t as m}from"./List-9rIsIszS.js";import{t as h}from"./Money-C2pm2oNt.js";import{n as g}from"./Panel-C8HcNPg0.js";import{t as _}from"./Status-x3sGHxon.js";import{t as v}from"./Tabs-BwfrSSYL.js";import{t as y}from"./Time-DKc-jzRv.js";import{t as b}from"./History-DE6febK9.js";import{n as x}from"./accountColumns-MyxLfo3x.js";import{n as S}from"./shim-DW0jLpcr.js";var C=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new C(`
    fragment WalletRow on Wallet {
  id
  name
  currency
  accountingType
  closedAt
  freeze {
    scope
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
    `,{fragmentName:`WalletRow`});var w=new C(`
    query Account($id: ID!) {
  account(id: $id) {
    id
    type
    reference
    metadata
    createdAt
    updatedAt
    closedAt
    holder {
      id
      name
    }
    backingLedger {
      id
      asset
      iban
    }
  }
}
    `),T=new C(`
    query AccountWallets($id: ID!, $first: Int!, $after: String) {
  account(id: $id) {
    wallets(first: $first, after: $after) {
      nodes {
        ...WalletRow
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    fragment WalletRow on Wallet {
  id
  name
  currency
  accountingType
  closedAt
  freeze {
    scope
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
}`),E=S(),D={types:[`account.*`,`wallet.*`]},O=[{name:`Wallet`,width:`minmax(140px, 2fr)`,cell:e=>`${e.name}, ${e.currency}`},{name:`Status`,width:`150px`,cell:e=>(0,E.jsxs)(E.Fragment,{children:[(0,E.jsx)(_,{status:e.closedAt?`CLOSED`:`OPEN`}),` `,e.freeze&&(0,E.jsx)(_,{status:`FROZEN`})]})},{name:`In the books`,width:`120px`,wide:!0,cell:e=>l(e.accountingType)},{name:`Balance`,width:`minmax(140px, 1fr)`,align:`end`,cell:e=>(0,E.jsx)(h,{money:e.balance.posted})},{name:`Available`,width:`minmax(140px, 1fr)`,align:`end`,wide:!0,cell:e=>(0,E.jsx)(h,{money:e.balance.available})}];function k({id:e}){let t=o(T,{id:e,first:100},e=>e.account?.wallets);return(0,E.jsx)(m,{label:`Wallets`,columns:O,list:t,rowKey:e=>e.id,href:e=>`/wallets/${e.id}`,empty:`This account has no wallet yet.`})}function A({id:o}){let l=r(w,{id:o});c(s,D);let m=l.data?.data.account;if(!l.data)return l.error?(0,E.jsx)(i,{failure:l.error,again:()=>void l.refetch()}):(0,E.jsx)(t,{});if(!m)return(0,E.jsx)(f,{what:`account`,id:o});let{backingLedger:h}=m;return(0,E.jsxs)(E.Fragment,{children:[(0,E.jsxs)(a,{title:`Account ${m.reference}`,about:(0,E.jsx)(p,{value:o}),children:[`Account `,m.reference,` `,(0,E.jsx)(_,{status:m.closedAt?`CLOSED`:`OPEN`})]}),(0,E.jsx)(n,{scopes:l.data.lacking}),(0,E.jsx)(g,{title:`Details`,children:(0,E.jsx)(u,{facts:[[`Kind`,x[m.type]],[`Holder`,m.holder&&(0,E.jsx)(e,{href:`/holders/${m.holder.id}`,children:m.holder.name})],[`Money is in`,h&&(0,E.jsx)(e,{href:`/ledgers/${h.id}`,children:h.iban??`${h.asset} ledger`})],[`Created`,(0,E.jsx)(y,{at:m.createdAt})],[`Changed`,(0,E.jsx)(y,{at:m.updatedAt})],[`Closed`,m.closedAt&&(0,E.jsx)(y,{at:m.closedAt})],[`Metadata`,(0,E.jsx)(d,{metadata:m.metadata})]]})}),(0,E.jsx)(v,{label:`Of this account`,tabs:[{name:`wallets`,label:`Wallets`,content:()=>(0,E.jsx)(k,{id:o})},{name:`events`,label:`Events`,content:()=>(0,E.jsx)(b,{id:o})}]})]})}export{A as default};