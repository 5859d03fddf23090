import{C as e,a as t,i as n,l as r,r as i,t as a}from"./PageHead-DCYkKlsy.js";import{t as o}from"./changes.generated-BQ6cOjn7.js";import{n as s}from"./live-wr2tXzfG.js";import{s as c,u as l}from"./format-9IgIcqdB.js";import{n as u,t as d}from"./Facts-Dz7R6B6x.js";import{n as f}from"./Id-Dcoururi.js";import{t as p}from"./Money-BkV-cI-k.js";import{n as m}from"./Panel-C8HcNPg0.js";import{t as h}from"./Status-CGtiXBXC.js";import{t as g}from"./Tabs-BwfrSSYL.js";import{t as _}from"./Time-DsHjik3q.js";import{t as v}from"./Amounts-DT8tiUJ_.js";import{a as y,i as b,n as x,o as S,r as C,t as w}from"./Statement-BqyA_tGX.js";import{r as T,t as E}from"./History-CCSqXNmj.js";import{t as D}from"./NotThere-D6NX-A6x.js";import{n as O}from"./shim-DW0jLpcr.js";var k=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
    query Wallet($id: ID!) {
  wallet(id: $id) {
    id
    name
    currency
    accountingType
    allowNegative
    metadata
    createdAt
    updatedAt
    closedAt
    overdraftLimit {
      value
      asset
    }
    freeze {
      scope
      reason
      frozenAt
    }
    balance {
      sequence
      posted {
        value
        asset
      }
      held {
        value
        asset
      }
      available {
        value
        asset
      }
    }
    account {
      id
      reference
      holder {
        id
        name
      }
    }
  }
}
    `),A=O(),j={types:[`wallet.*`]},M=[`ASSET`,`EXPENSE`];function N({wallet:t}){let{account:n}=t;return(0,A.jsx)(m,{title:`Details`,children:(0,A.jsx)(d,{facts:[[`Account`,(0,A.jsx)(e,{href:`/accounts/${n.id}`,children:n.reference})],[`Holder`,n.holder&&(0,A.jsx)(e,{href:`/holders/${n.holder.id}`,children:n.holder.name})],[`In the books`,l(t.accountingType)],[`May go below zero`,t.allowNegative?`as far as it likes`:!/^[0.]+$/.test(t.overdraftLimit.value)&&`by ${c(t.overdraftLimit)}`],[`Created`,(0,A.jsx)(_,{at:t.createdAt})],[`Changed`,(0,A.jsx)(_,{at:t.updatedAt})],[`Closed`,t.closedAt&&(0,A.jsx)(_,{at:t.closedAt})],[`Metadata`,(0,A.jsx)(u,{metadata:t.metadata})]]})})}function P({id:e}){let c=r(k,{id:e});s(o,j);let l=c.data?.data.wallet;if(!c.data)return c.error?(0,A.jsx)(i,{failure:c.error,again:()=>void c.refetch()}):(0,A.jsx)(t,{});if(!l)return(0,A.jsx)(D,{what:`wallet`,id:e});let u=`${l.account.reference}, ${l.name} ${l.currency}`;return(0,A.jsxs)(A.Fragment,{children:[(0,A.jsxs)(a,{title:u,about:(0,A.jsx)(f,{value:e}),actions:(0,A.jsxs)(A.Fragment,{children:[(0,A.jsx)(w,{path:`api/v1/wallet/${e}/statement`,scope:`transfers:read`}),(0,A.jsx)(C,{id:e,what:`this wallet`,freeze:l.freeze})]}),children:[u,` `,(0,A.jsx)(h,{status:l.closedAt?`CLOSED`:`OPEN`}),` `,l.freeze&&(0,A.jsx)(h,{status:`FROZEN`})]}),(0,A.jsx)(n,{scopes:c.data.lacking}),(0,A.jsx)(b,{freeze:l.freeze}),(0,A.jsx)(v,{amounts:[[`Balance`,(0,A.jsx)(p,{money:l.balance.posted})],[`Held`,(0,A.jsx)(p,{money:l.balance.held})],[`Available`,(0,A.jsx)(p,{money:l.balance.available})]]}),(0,A.jsxs)(`div`,{className:`columns`,children:[(0,A.jsx)(S,{id:e,version:l.balance.sequence}),(0,A.jsx)(N,{wallet:l})]}),(0,A.jsx)(g,{label:`Of this wallet`,tabs:[{name:`entries`,label:`Entries`,content:()=>(0,A.jsx)(y,{of:{walletId:e},debitRaises:M.includes(l.accountingType)})},{name:`holds`,label:`Holds`,content:()=>(0,A.jsx)(x,{of:{walletId:e}})},{name:`events`,label:`Events`,content:()=>(0,A.jsx)(E,{id:e,types:T})}]})]})}export{P as default};