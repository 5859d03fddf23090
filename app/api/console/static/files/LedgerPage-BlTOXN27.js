import{a as e,i as t,l as n,m as r,r as i,t as a,w as o}from"./PageHead-Bva3yesl.js";import{n as s}from"./changes.generated-BQ6cOjn7.js";import{n as c}from"./live-oNFnFp8u.js";import{o as l,u}from"./format-9IgIcqdB.js";import{n as d,t as f}from"./Facts-Dz7R6B6x.js";import{n as p,t as m}from"./Id-Dcoururi.js";import{t as h}from"./Money-BkV-cI-k.js";import{n as g}from"./Panel-Bnc8Av-7.js";import{t as _}from"./Status-CGtiXBXC.js";import{t as v}from"./Tabs-26TmbJjd.js";import{t as y}from"./Time-DsHjik3q.js";import{t as b}from"./Amounts-DT8tiUJ_.js";import{a as x,i as S,n as C,o as w,r as T,t as E}from"./Statement-BmkDOvEV.js";import{n as D,t as O}from"./History-Cd-_6yLp.js";import{t as k}from"./NotThere-NKEgixMm.js";import{t as A}from"./Payments-DCIKTco2.js";import{t as j}from"./Action-DGdfuRRw.js";import{n as M}from"./shim-DW0jLpcr.js";var N=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},P=new N(`
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
}`),I=M(),L={PENDING:`The ledger is being opened. The bank has not answered yet; the page changes by itself when it does.`,MISSING_DATA:`The ledger waits: its holder lacks data.`,ERROR:`The ledger cannot be used: its holder is in no state to hold it.`,DECLINED:`The ledger was declined for good.`,CLOSED:`The ledger is closed for good.`},R={QUARANTINE:`Review the holder. If it is approved, the ledger is opened by itself.`,MISSING_DATA:`Complete the holder's data. The ledger then goes on by itself.`,PENDING:`The holder is being screened. The ledger goes on by itself after that.`,DECLINED:`The holder was declined, so this ledger stays as it is.`,OK:`The holder is OK, so the ledger goes on by itself.`};function z({ledger:e}){let t=L[e.status];if(t===void 0)return null;let{holder:n}=e,r=n&&(e.status===`MISSING_DATA`||e.status===`ERROR`),i=[e.statusReason&&`Reason: ${e.statusReason}`,r&&(0,I.jsxs)(I.Fragment,{children:[`Its holder, `,(0,I.jsx)(o,{href:`/holders/${n.id}`,children:n.name}),`, is `,(0,I.jsx)(_,{status:n.status}),n.statusReason&&`: ${n.statusReason}`]}),r&&n.missingData.length>0&&`Missing: ${n.missingData.map(u).join(`, `)}.`,r&&R[n.status]];return(0,I.jsxs)(`div`,{className:`note`,"data-tone":e.status===`ERROR`||e.status===`DECLINED`?`bad`:`wait`,children:[(0,I.jsx)(`p`,{children:(0,I.jsx)(`b`,{children:t})}),i.map((e,t)=>e&&(0,I.jsx)(`p`,{children:e},t))]})}var B={UNABLE_TO_ADVANCE:`Its bank could not give it an IBAN.`,DECLINED:`Its bank declined to give it an IBAN.`};function V({ledger:e}){let t=B[e.ibanStatus];return t===void 0||e.status===`DECLINED`||e.status===`CLOSED`?null:(0,I.jsxs)(`div`,{className:`note`,"data-tone":`wait`,children:[(0,I.jsxs)(`p`,{children:[(0,I.jsx)(`b`,{children:t}),` The ledger works without one, but nobody can pay into it by IBAN.`]}),(0,I.jsx)(`p`,{children:`Ask for one again.`}),(0,I.jsx)(j,{label:`Ask for an IBAN…`,title:`Ask the bank for an IBAN`,scope:`ledgers:write`,confirm:`Ask`,says:()=>(0,I.jsx)(`p`,{children:`The bank is asked again for an IBAN of this ledger. What it answers is shown here as soon as it is known.`}),send:(t,n)=>r(F,{input:{ledgerId:e.id,idempotencyKey:n}}),done:()=>`The bank is asked for an IBAN.`})]})}function H({holder:e,asset:t}){return e?`${e.name}, ${t}`:`${t} ledger`}function U({ledger:e}){let{ukBankAccount:t}=e;return(0,I.jsx)(g,{title:`Details`,children:(0,I.jsx)(f,{facts:[[`Holder`,e.holder&&(0,I.jsx)(o,{href:`/holders/${e.holder.id}`,children:e.holder.name})],[`IBAN`,e.iban?(0,I.jsxs)(`span`,{className:`id`,children:[(0,I.jsx)(`code`,{children:e.iban}),` `,(0,I.jsx)(m,{text:e.iban,what:`the IBAN`})]}):e.ibanStatus!==`NOT_REQUESTED`&&(0,I.jsx)(_,{status:e.ibanStatus})],[`Sort code and account`,t&&`${t.sortCode} ${t.accountNumber}`],[`Bank`,e.partner?`${e.partner.name}, ${e.partnerProduct}`:e.isVirtual&&`none: it is virtual`],[`Kind`,u(e.type)],[`For`,e.primaryUses.map(u).join(`, `)],[`Country`,e.jurisdiction],[`May go below zero by`,!/^[0.]+$/.test(e.overdraftLimit.value)&&`${l(e.overdraftLimit.value)} ${e.asset}`],[`Created`,(0,I.jsx)(y,{at:e.createdAt})],[`Changed`,(0,I.jsx)(y,{at:e.updatedAt})],[`Metadata`,(0,I.jsx)(d,{metadata:e.metadata})]]})})}function W({ledger:e,lacking:n}){return(0,I.jsxs)(I.Fragment,{children:[(0,I.jsxs)(a,{title:H(e),about:(0,I.jsx)(p,{value:e.id}),actions:(0,I.jsxs)(I.Fragment,{children:[(0,I.jsx)(E,{path:`v1/customer/ledgers/${e.id}/statement`,scope:`transfers:read`}),(0,I.jsx)(T,{id:e.id,what:`this ledger`,freeze:e.freeze})]}),children:[H(e),` `,(0,I.jsx)(_,{status:e.status}),` `,e.freeze&&(0,I.jsx)(_,{status:`FROZEN`})]}),(0,I.jsx)(t,{scopes:n}),(0,I.jsx)(z,{ledger:e}),(0,I.jsx)(V,{ledger:e}),(0,I.jsx)(S,{freeze:e.freeze}),(0,I.jsx)(b,{amounts:[[`Balance`,(0,I.jsx)(h,{money:e.balance.posted})],[`Held`,(0,I.jsx)(h,{money:e.balance.held})],[`Available`,(0,I.jsx)(h,{money:e.balance.available})]]})]})}function G({id:t}){let r=n(P,{id:t});c(s,{ledgerId:t});let a=r.data?.data.ledger;return r.error&&!r.data?(0,I.jsx)(i,{failure:r.error,again:()=>void r.refetch()}):r.data&&!a?(0,I.jsx)(k,{what:`ledger`,id:t}):(0,I.jsxs)(I.Fragment,{children:[a?(0,I.jsx)(W,{ledger:a,lacking:r.data?.lacking??[]}):(0,I.jsx)(e,{}),(0,I.jsxs)(`div`,{className:`columns`,children:[(0,I.jsx)(w,{id:t,version:a?.balance.sequence}),a?(0,I.jsx)(U,{ledger:a}):(0,I.jsx)(g,{title:`Details`,children:null})]}),(0,I.jsx)(v,{label:`Of this ledger`,tabs:[{name:`entries`,label:`Entries`,content:()=>(0,I.jsx)(x,{of:{ledgerId:t}})},{name:`holds`,label:`Holds`,content:()=>(0,I.jsx)(C,{of:{ledgerId:t}})},{name:`payments`,label:`Payments`,content:()=>(0,I.jsx)(A,{ledgerId:t})},{name:`events`,label:`Events`,content:()=>(0,I.jsx)(O,{id:t,types:D})}]})]})}export{G as default};