import{C as e,a as t,i as n,l as r,r as i,t as a}from"./PageHead-DCYkKlsy.js";import{n as o}from"./changes.generated-BQ6cOjn7.js";import{n as s}from"./live-wr2tXzfG.js";import{o as c,u as l}from"./format-BVDaE3_S.js";import{n as u,r as d,t as f}from"./NotThere-DAtcDF6c.js";import{n as p,t as m}from"./Id-Dcoururi.js";import{t as h}from"./Money-C2pm2oNt.js";import{n as g}from"./Panel-C8HcNPg0.js";import{t as _}from"./Status-x3sGHxon.js";import{t as v}from"./Tabs-BwfrSSYL.js";import{t as y}from"./Time-DKc-jzRv.js";import{t as b}from"./Amounts-DT8tiUJ_.js";import{a as x,i as S,n as C,o as w,r as T,t as E}from"./Statement-BdsMJn5A.js";import{n as D,t as O}from"./History-DE6febK9.js";import{t as k}from"./Payments-jRGd8C1r.js";import{n as A}from"./shim-DW0jLpcr.js";var j=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
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
    `),M=A(),N={PENDING:`The ledger is being opened. The bank has not answered yet; the page changes by itself when it does.`,MISSING_DATA:`The ledger waits: its holder lacks data.`,ERROR:`The ledger cannot be used: its holder is in no state to hold it.`,DECLINED:`The ledger was declined for good.`,CLOSED:`The ledger is closed for good.`},P={QUARANTINE:`Review the holder. If it is approved, the ledger is opened by itself.`,MISSING_DATA:`Complete the holder's data. The ledger then goes on by itself.`,PENDING:`The holder is being screened. The ledger goes on by itself after that.`,DECLINED:`The holder was declined, so this ledger stays as it is.`,OK:`The holder is OK, so the ledger goes on by itself.`};function F({ledger:t}){let n=N[t.status];if(n===void 0)return null;let{holder:r}=t,i=r&&(t.status===`MISSING_DATA`||t.status===`ERROR`),a=[t.statusReason&&`Reason: ${t.statusReason}`,i&&(0,M.jsxs)(M.Fragment,{children:[`Its holder, `,(0,M.jsx)(e,{href:`/holders/${r.id}`,children:r.name}),`, is `,(0,M.jsx)(_,{status:r.status}),r.statusReason&&`: ${r.statusReason}`]}),i&&r.missingData.length>0&&`Missing: ${r.missingData.map(l).join(`, `)}.`,i&&P[r.status]];return(0,M.jsxs)(`div`,{className:`note`,"data-tone":t.status===`ERROR`||t.status===`DECLINED`?`bad`:`wait`,children:[(0,M.jsx)(`p`,{children:(0,M.jsx)(`b`,{children:n})}),a.map((e,t)=>e&&(0,M.jsx)(`p`,{children:e},t))]})}function I({holder:e,asset:t}){return e?`${e.name}, ${t}`:`${t} ledger`}function L({ledger:t}){let{ukBankAccount:n}=t;return(0,M.jsx)(g,{title:`Details`,children:(0,M.jsx)(u,{facts:[[`Holder`,t.holder&&(0,M.jsx)(e,{href:`/holders/${t.holder.id}`,children:t.holder.name})],[`IBAN`,t.iban?(0,M.jsxs)(`span`,{className:`id`,children:[(0,M.jsx)(`code`,{children:t.iban}),` `,(0,M.jsx)(m,{text:t.iban,what:`the IBAN`})]}):t.ibanStatus!==`NOT_REQUESTED`&&(0,M.jsx)(_,{status:t.ibanStatus})],[`Sort code and account`,n&&`${n.sortCode} ${n.accountNumber}`],[`Bank`,t.partner?`${t.partner.name}, ${t.partnerProduct}`:t.isVirtual&&`none: it is virtual`],[`Kind`,l(t.type)],[`For`,t.primaryUses.map(l).join(`, `)],[`Country`,t.jurisdiction],[`May go below zero by`,!/^[0.]+$/.test(t.overdraftLimit.value)&&`${c(t.overdraftLimit.value)} ${t.asset}`],[`Created`,(0,M.jsx)(y,{at:t.createdAt})],[`Changed`,(0,M.jsx)(y,{at:t.updatedAt})],[`Metadata`,(0,M.jsx)(d,{metadata:t.metadata})]]})})}function R({ledger:e,lacking:t}){return(0,M.jsxs)(M.Fragment,{children:[(0,M.jsxs)(a,{title:I(e),about:(0,M.jsx)(p,{value:e.id}),actions:(0,M.jsxs)(M.Fragment,{children:[(0,M.jsx)(E,{path:`v1/customer/ledgers/${e.id}/statement`,scope:`transfers:read`}),(0,M.jsx)(T,{id:e.id,what:`this ledger`,freeze:e.freeze})]}),children:[I(e),` `,(0,M.jsx)(_,{status:e.status}),` `,e.freeze&&(0,M.jsx)(_,{status:`FROZEN`})]}),(0,M.jsx)(n,{scopes:t}),(0,M.jsx)(F,{ledger:e}),(0,M.jsx)(S,{freeze:e.freeze}),(0,M.jsx)(b,{amounts:[[`Balance`,(0,M.jsx)(h,{money:e.balance.posted})],[`Held`,(0,M.jsx)(h,{money:e.balance.held})],[`Available`,(0,M.jsx)(h,{money:e.balance.available})]]})]})}function z({id:e}){let n=r(j,{id:e});s(o,{ledgerId:e});let a=n.data?.data.ledger;return n.error&&!n.data?(0,M.jsx)(i,{failure:n.error,again:()=>void n.refetch()}):n.data&&!a?(0,M.jsx)(f,{what:`ledger`,id:e}):(0,M.jsxs)(M.Fragment,{children:[a?(0,M.jsx)(R,{ledger:a,lacking:n.data?.lacking??[]}):(0,M.jsx)(t,{}),(0,M.jsxs)(`div`,{className:`columns`,children:[(0,M.jsx)(w,{id:e,version:a?.balance.sequence}),a?(0,M.jsx)(L,{ledger:a}):(0,M.jsx)(g,{title:`Details`,children:null})]}),(0,M.jsx)(v,{label:`Of this ledger`,tabs:[{name:`entries`,label:`Entries`,content:()=>(0,M.jsx)(x,{of:{ledgerId:e}})},{name:`holds`,label:`Holds`,content:()=>(0,M.jsx)(C,{of:{ledgerId:e}})},{name:`payments`,label:`Payments`,content:()=>(0,M.jsx)(k,{ledgerId:e})},{name:`events`,label:`Events`,content:()=>(0,M.jsx)(O,{id:e,types:D})}]})]})}export{z as default};