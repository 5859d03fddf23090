import{a as e,i as t,l as n,r,t as i,u as a,w as o}from"./PageHead-Bva3yesl.js";import{t as s}from"./changes.generated-BQ6cOjn7.js";import{n as c}from"./live-oNFnFp8u.js";import{u as l}from"./format-9IgIcqdB.js";import{n as u,t as d}from"./Facts-Dz7R6B6x.js";import{n as f}from"./Id-Dcoururi.js";import{t as p}from"./List-BgylYIPs.js";import{t as m}from"./Money-BkV-cI-k.js";import{n as h}from"./Panel-Bnc8Av-7.js";import{t as g}from"./Status-CGtiXBXC.js";import{t as _}from"./Tabs-26TmbJjd.js";import{t as v}from"./Time-DsHjik3q.js";import{t as y}from"./History-Cd-_6yLp.js";import{t as b}from"./NotThere-NKEgixMm.js";import{n as x}from"./accountColumns-RODUp1wI.js";import{n as S}from"./shim-DW0jLpcr.js";var C=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new C(`
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
}`),E=S(),D={types:[`account.*`,`wallet.*`]},O=[{name:`Wallet`,width:`minmax(140px, 2fr)`,cell:e=>`${e.name}, ${e.currency}`},{name:`Status`,width:`150px`,cell:e=>(0,E.jsxs)(E.Fragment,{children:[(0,E.jsx)(g,{status:e.closedAt?`CLOSED`:`OPEN`}),` `,e.freeze&&(0,E.jsx)(g,{status:`FROZEN`})]})},{name:`In the books`,width:`120px`,wide:!0,cell:e=>l(e.accountingType)},{name:`Balance`,width:`minmax(140px, 1fr)`,align:`end`,cell:e=>(0,E.jsx)(m,{money:e.balance.posted})},{name:`Available`,width:`minmax(140px, 1fr)`,align:`end`,wide:!0,cell:e=>(0,E.jsx)(m,{money:e.balance.available})}];function k({id:e}){let t=a(T,{id:e,first:100},e=>e.account?.wallets);return(0,E.jsx)(p,{label:`Wallets`,columns:O,list:t,rowKey:e=>e.id,href:e=>`/wallets/${e.id}`,empty:`This account has no wallet yet.`})}function A({id:a}){let l=n(w,{id:a});c(s,D);let p=l.data?.data.account;if(!l.data)return l.error?(0,E.jsx)(r,{failure:l.error,again:()=>void l.refetch()}):(0,E.jsx)(e,{});if(!p)return(0,E.jsx)(b,{what:`account`,id:a});let{backingLedger:m}=p;return(0,E.jsxs)(E.Fragment,{children:[(0,E.jsxs)(i,{title:`Account ${p.reference}`,about:(0,E.jsx)(f,{value:a}),children:[`Account `,p.reference,` `,(0,E.jsx)(g,{status:p.closedAt?`CLOSED`:`OPEN`})]}),(0,E.jsx)(t,{scopes:l.data.lacking}),(0,E.jsx)(h,{title:`Details`,children:(0,E.jsx)(d,{facts:[[`Kind`,x[p.type]],[`Holder`,p.holder&&(0,E.jsx)(o,{href:`/holders/${p.holder.id}`,children:p.holder.name})],[`Money is in`,m&&(0,E.jsx)(o,{href:`/ledgers/${m.id}`,children:m.iban??`${m.asset} ledger`})],[`Created`,(0,E.jsx)(v,{at:p.createdAt})],[`Changed`,(0,E.jsx)(v,{at:p.updatedAt})],[`Closed`,p.closedAt&&(0,E.jsx)(v,{at:p.closedAt})],[`Metadata`,(0,E.jsx)(u,{metadata:p.metadata})]]})}),(0,E.jsx)(_,{label:`Of this account`,tabs:[{name:`wallets`,label:`Wallets`,content:()=>(0,E.jsx)(k,{id:a})},{name:`events`,label:`Events`,content:()=>(0,E.jsx)(y,{id:a})}]})]})}export{A as default};