import{C as e,a as t,i as n,l as r,m as i,r as a,t as o}from"./PageHead-DCYkKlsy.js";import{n as s}from"./changes.generated-BQ6cOjn7.js";import{n as c}from"./live-wr2tXzfG.js";import{o as l,u}from"./format-9IgIcqdB.js";import{n as d,t as f}from"./Facts-Dz7R6B6x.js";import{n as p,t as m}from"./Id-Dcoururi.js";import{t as h}from"./Money-BkV-cI-k.js";import{n as g}from"./Panel-C8HcNPg0.js";import{t as _}from"./Status-CGtiXBXC.js";import{t as v}from"./Tabs-BwfrSSYL.js";import{t as y}from"./Time-DsHjik3q.js";import{t as b}from"./Amounts-DT8tiUJ_.js";import{a as x,i as S,n as C,o as w,r as T,t as E}from"./Statement-BqyA_tGX.js";import{n as D,t as O}from"./History-CCSqXNmj.js";import{t as k}from"./NotThere-D6NX-A6x.js";import{t as A}from"./Payments-fi-9H-lS.js";import{t as j}from"./Action-SJiWg5jv.js";import{n as M}from"./shim-DW0jLpcr.js";var N=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},P=new N(`
    query Ledger($id: ID!) {
  ledger(id: $id) {
    id
    type
    asset
    isVirtual
    status
    statusReason
    missingData
    primaryUses
    jurisdiction
    partnerProduct
    iban
    bic
    ibanStatus
    ukBankAccount {
      sortCode
      accountNumber
    }
    partner {
      name
    }
    holder {
      id
      name
      status
      statusReason
      missingData
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
    overdraftLimit {
      value
      asset
    }
    freeze {
      scope
      reason
      frozenAt
    }
    metadata
    createdAt
    updatedAt
  }
}
    `),F=new N(`
    mutation AssignIban($input: AssignIbanInput!) {
  assignIban(input: $input) {
    __typename
    ... on LedgerSuccess {
      ledger {
        id
        ibanStatus
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
}`),I=M(),L={PENDING:`The ledger is being opened. The bank has not answered yet; the page changes by itself when it does.`,MISSING_DATA:`The ledger waits: its holder lacks data.`,ERROR:`The ledger cannot be used: its holder is in no state to hold it.`,DECLINED:`The ledger was declined for good.`,CLOSED:`The ledger is closed for good.`},R={QUARANTINE:`Review the holder. If it is approved, the ledger is opened by itself.`,MISSING_DATA:`Complete the holder's data. The ledger then goes on by itself.`,PENDING:`The holder is being screened. The ledger goes on by itself after that.`,DECLINED:`The holder was declined, so this ledger stays as it is.`,OK:`The holder is OK, so the ledger goes on by itself.`};function z({ledger:t}){let n=L[t.status];if(n===void 0)return null;let{holder:r}=t,i=r&&(t.status===`MISSING_DATA`||t.status===`ERROR`),a=[t.statusReason&&`Reason: ${t.statusReason}`,i&&(0,I.jsxs)(I.Fragment,{children:[`Its holder, `,(0,I.jsx)(e,{href:`/holders/${r.id}`,children:r.name}),`, is `,(0,I.jsx)(_,{status:r.status}),r.statusReason&&`: ${r.statusReason}`]}),i&&r.missingData.length>0&&`Missing: ${r.missingData.map(u).join(`, `)}.`,i&&R[r.status]];return(0,I.jsxs)(`div`,{className:`note`,"data-tone":t.status===`ERROR`||t.status===`DECLINED`?`bad`:`wait`,children:[(0,I.jsx)(`p`,{children:(0,I.jsx)(`b`,{children:n})}),a.map((e,t)=>e&&(0,I.jsx)(`p`,{children:e},t))]})}var B={UNABLE_TO_ADVANCE:`Its bank could not give it an IBAN.`,DECLINED:`Its bank declined to give it an IBAN.`};function V({ledger:e}){let t=B[e.ibanStatus];return t===void 0||e.status===`DECLINED`||e.status===`CLOSED`?null:(0,I.jsxs)(`div`,{className:`note`,"data-tone":`wait`,children:[(0,I.jsxs)(`p`,{children:[(0,I.jsx)(`b`,{children:t}),` The ledger works without one, but nobody can pay into it by IBAN.`]}),(0,I.jsx)(`p`,{children:`Ask for one again.`}),(0,I.jsx)(j,{label:`Ask for an IBAN…`,title:`Ask the bank for an IBAN`,scope:`ledgers:write`,confirm:`Ask`,says:()=>(0,I.jsx)(`p`,{children:`The bank is asked again for an IBAN of this ledger. What it answers is shown here as soon as it is known.`}),send:(t,n)=>i(F,{input:{ledgerId:e.id,idempotencyKey:n}}),done:()=>`The bank is asked for an IBAN.`})]})}function H({holder:e,asset:t}){return e?`${e.name}, ${t}`:`${t} ledger`}function U({ledger:t}){let{ukBankAccount:n}=t;return(0,I.jsx)(g,{title:`Details`,children:(0,I.jsx)(f,{facts:[[`Holder`,t.holder&&(0,I.jsx)(e,{href:`/holders/${t.holder.id}`,children:t.holder.name})],[`IBAN`,t.iban?(0,I.jsxs)(`span`,{className:`id`,children:[(0,I.jsx)(`code`,{children:t.iban}),` `,(0,I.jsx)(m,{text:t.iban,what:`the IBAN`})]}):t.ibanStatus!==`NOT_REQUESTED`&&(0,I.jsx)(_,{status:t.ibanStatus})],[`Sort code and account`,n&&`${n.sortCode} ${n.accountNumber}`],[`Bank`,t.partner?`${t.partner.name}, ${t.partnerProduct}`:t.isVirtual&&`none: it is virtual`],[`Kind`,u(t.type)],[`For`,t.primaryUses.map(u).join(`, `)],[`Country`,t.jurisdiction],[`May go below zero by`,!/^[0.]+$/.test(t.overdraftLimit.value)&&`${l(t.overdraftLimit.value)} ${t.asset}`],[`Created`,(0,I.jsx)(y,{at:t.createdAt})],[`Changed`,(0,I.jsx)(y,{at:t.updatedAt})],[`Metadata`,(0,I.jsx)(d,{metadata:t.metadata})]]})})}function W({ledger:e,lacking:t}){return(0,I.jsxs)(I.Fragment,{children:[(0,I.jsxs)(o,{title:H(e),about:(0,I.jsx)(p,{value:e.id}),actions:(0,I.jsxs)(I.Fragment,{children:[(0,I.jsx)(E,{path:`v1/customer/ledgers/${e.id}/statement`,scope:`transfers:read`}),(0,I.jsx)(T,{id:e.id,what:`this ledger`,freeze:e.freeze})]}),children:[H(e),` `,(0,I.jsx)(_,{status:e.status}),` `,e.freeze&&(0,I.jsx)(_,{status:`FROZEN`})]}),(0,I.jsx)(n,{scopes:t}),(0,I.jsx)(z,{ledger:e}),(0,I.jsx)(V,{ledger:e}),(0,I.jsx)(S,{freeze:e.freeze}),(0,I.jsx)(b,{amounts:[[`Balance`,(0,I.jsx)(h,{money:e.balance.posted})],[`Held`,(0,I.jsx)(h,{money:e.balance.held})],[`Available`,(0,I.jsx)(h,{money:e.balance.available})]]})]})}function G({id:e}){let n=r(P,{id:e});c(s,{ledgerId:e});let i=n.data?.data.ledger;return n.error&&!n.data?(0,I.jsx)(a,{failure:n.error,again:()=>void n.refetch()}):n.data&&!i?(0,I.jsx)(k,{what:`ledger`,id:e}):(0,I.jsxs)(I.Fragment,{children:[i?(0,I.jsx)(W,{ledger:i,lacking:n.data?.lacking??[]}):(0,I.jsx)(t,{}),(0,I.jsxs)(`div`,{className:`columns`,children:[(0,I.jsx)(w,{id:e,version:i?.balance.sequence}),i?(0,I.jsx)(U,{ledger:i}):(0,I.jsx)(g,{title:`Details`,children:null})]}),(0,I.jsx)(v,{label:`Of this ledger`,tabs:[{name:`entries`,label:`Entries`,content:()=>(0,I.jsx)(x,{of:{ledgerId:e}})},{name:`holds`,label:`Holds`,content:()=>(0,I.jsx)(C,{of:{ledgerId:e}})},{name:`payments`,label:`Payments`,content:()=>(0,I.jsx)(A,{ledgerId:e})},{name:`events`,label:`Events`,content:()=>(0,I.jsx)(O,{id:e,types:D})}]})]})}export{G as default};