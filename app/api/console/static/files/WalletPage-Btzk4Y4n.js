import{a as e,i as t,l as n,r,t as i,w as a}from"./PageHead-Bva3yesl.js";import{t as o}from"./changes.generated-BQ6cOjn7.js";import{n as s}from"./live-oNFnFp8u.js";import{s as c,u as l}from"./format-9IgIcqdB.js";import{n as u,t as d}from"./Facts-Dz7R6B6x.js";import{n as f}from"./Id-Dcoururi.js";import{t as p}from"./Money-BkV-cI-k.js";import{n as m}from"./Panel-Bnc8Av-7.js";import{t as h}from"./Status-CGtiXBXC.js";import{t as g}from"./Tabs-26TmbJjd.js";import{t as _}from"./Time-DsHjik3q.js";import{t as v}from"./Amounts-DT8tiUJ_.js";import{a as y,i as b,n as x,o as S,r as C,t as w}from"./Statement-BmkDOvEV.js";import{r as T,t as E}from"./History-Cd-_6yLp.js";import{t as D}from"./NotThere-NKEgixMm.js";import{n as O}from"./shim-DW0jLpcr.js";var k=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
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
    `),A=O(),j={types:[`wallet.*`]},M=[`ASSET`,`EXPENSE`];function N({wallet:e}){let{account:t}=e;return(0,A.jsx)(m,{title:`Details`,children:(0,A.jsx)(d,{facts:[[`Account`,(0,A.jsx)(a,{href:`/accounts/${t.id}`,children:t.reference})],[`Holder`,t.holder&&(0,A.jsx)(a,{href:`/holders/${t.holder.id}`,children:t.holder.name})],[`In the books`,l(e.accountingType)],[`May go below zero`,e.allowNegative?`as far as it likes`:!/^[0.]+$/.test(e.overdraftLimit.value)&&`by ${c(e.overdraftLimit)}`],[`Created`,(0,A.jsx)(_,{at:e.createdAt})],[`Changed`,(0,A.jsx)(_,{at:e.updatedAt})],[`Closed`,e.closedAt&&(0,A.jsx)(_,{at:e.closedAt})],[`Metadata`,(0,A.jsx)(u,{metadata:e.metadata})]]})})}function P({id:a}){let c=n(k,{id:a});s(o,j);let l=c.data?.data.wallet;if(!c.data)return c.error?(0,A.jsx)(r,{failure:c.error,again:()=>void c.refetch()}):(0,A.jsx)(e,{});if(!l)return(0,A.jsx)(D,{what:`wallet`,id:a});let u=`${l.account.reference}, ${l.name} ${l.currency}`;return(0,A.jsxs)(A.Fragment,{children:[(0,A.jsxs)(i,{title:u,about:(0,A.jsx)(f,{value:a}),actions:(0,A.jsxs)(A.Fragment,{children:[(0,A.jsx)(w,{path:`api/v1/wallet/${a}/statement`,scope:`transfers:read`}),(0,A.jsx)(C,{id:a,what:`this wallet`,freeze:l.freeze})]}),children:[u,` `,(0,A.jsx)(h,{status:l.closedAt?`CLOSED`:`OPEN`}),` `,l.freeze&&(0,A.jsx)(h,{status:`FROZEN`})]}),(0,A.jsx)(t,{scopes:c.data.lacking}),(0,A.jsx)(b,{freeze:l.freeze}),(0,A.jsx)(v,{amounts:[[`Balance`,(0,A.jsx)(p,{money:l.balance.posted})],[`Held`,(0,A.jsx)(p,{money:l.balance.held})],[`Available`,(0,A.jsx)(p,{money:l.balance.available})]]}),(0,A.jsxs)(`div`,{className:`columns`,children:[(0,A.jsx)(S,{id:a,version:l.balance.sequence}),(0,A.jsx)(N,{wallet:l})]}),(0,A.jsx)(g,{label:`Of this wallet`,tabs:[{name:`entries`,label:`Entries`,content:()=>(0,A.jsx)(y,{of:{walletId:a},debitRaises:M.includes(l.accountingType)})},{name:`holds`,label:`Holds`,content:()=>(0,A.jsx)(x,{of:{walletId:a}})},{name:`events`,label:`Events`,content:()=>(0,A.jsx)(E,{id:a,types:T})}]})]})}export{P as default};