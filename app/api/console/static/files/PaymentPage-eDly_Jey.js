import{a as e,i as t,l as n,r,t as i,w as a}from"./PageHead-Bva3yesl.js";import{t as o}from"./changes.generated-BQ6cOjn7.js";import{n as s}from"./live-oNFnFp8u.js";import{s as c}from"./format-9IgIcqdB.js";import{n as l,t as u}from"./Facts-Dz7R6B6x.js";import{n as d,t as f}from"./Id-Dcoururi.js";import{t as p}from"./Money-BkV-cI-k.js";import{n as m}from"./Panel-Bnc8Av-7.js";import{t as h}from"./Status-CGtiXBXC.js";import{t as g}from"./Time-DsHjik3q.js";import{t as _}from"./Deliveries-BVoKAkoK.js";import{t as v}from"./History-Cd-_6yLp.js";import{t as y}from"./NotThere-NKEgixMm.js";import{n as b}from"./shim-DW0jLpcr.js";var x=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
    query Payment($id: ID!) {
  payment(id: $id) {
    id
    direction
    status
    statusReason
    reference
    metadata
    partnerReference
    createdAt
    updatedAt
    amount {
      value
      asset
    }
    counterparty {
      name
      iban
      ukBankAccount {
        sortCode
        accountNumber
      }
    }
    ledger {
      id
      asset
      iban
      holder {
        id
        name
      }
    }
    hold {
      id
      status
      remaining {
        value
        asset
      }
    }
    transfer {
      id
      status
      postedAt
    }
  }
}
    `),S=b(),C={types:[`payment.*`]};function w(e){if(e.direction===`IN`)return e.status===`ACCEPTED`?[`good`,`The money has arrived and is in the ledger.`]:[`bad`,`The money was not taken in. Nothing was posted to the ledger.`];switch(e.status){case`PENDING`:return[`wait`,`The money is held in the ledger. The bank has been asked and has not decided yet.`];case`ACCEPTED`:return[`good`,`The bank has the money: it has left the ledger.`];default:return[`bad`,`The payment was declined. The money was released and is available in the ledger again.`]}}function T({payment:e}){let[t,n]=w(e);return(0,S.jsxs)(`div`,{className:`note`,"data-tone":t,children:[(0,S.jsx)(`p`,{children:(0,S.jsx)(`b`,{children:n})}),e.statusReason&&(0,S.jsxs)(`p`,{children:[`Reason: `,e.statusReason]})]})}function E({counterparty:{name:e,iban:t,ukBankAccount:n}}){return(0,S.jsxs)(S.Fragment,{children:[e,t&&(0,S.jsxs)(`span`,{className:`id`,children:[(0,S.jsx)(`code`,{children:t}),` `,(0,S.jsx)(f,{text:t,what:`the IBAN`})]}),n&&` ${n.sortCode} ${n.accountNumber}`]})}function D({payment:e,lacking:n}){let r=e.direction===`OUT`?`to`:`from`;return(0,S.jsxs)(S.Fragment,{children:[(0,S.jsxs)(i,{title:`${c(e.amount)} ${r} ${e.counterparty.name}`,about:(0,S.jsx)(d,{value:e.id}),children:[(0,S.jsx)(p,{money:e.amount}),` `,r,` `,e.counterparty.name,` `,(0,S.jsx)(h,{status:e.status})]}),(0,S.jsx)(t,{scopes:n}),(0,S.jsx)(T,{payment:e})]})}function O({payment:e}){let{ledger:t,hold:n,transfer:r}=e;return(0,S.jsx)(m,{title:`Details`,children:(0,S.jsx)(u,{facts:[[e.direction===`OUT`?`To`:`From`,(0,S.jsx)(E,{counterparty:e.counterparty})],[`Ledger`,(0,S.jsx)(a,{href:`/ledgers/${t.id}`,children:t.holder?`${t.holder.name}, ${t.asset}`:t.iban??t.id})],[`Reference`,e.reference],[`The bank calls it`,e.partnerReference&&(0,S.jsxs)(`span`,{className:`id`,children:[(0,S.jsx)(`code`,{children:e.partnerReference}),` `,(0,S.jsx)(f,{text:e.partnerReference,what:`the bank's reference`})]})],[`Hold`,n&&(0,S.jsxs)(S.Fragment,{children:[(0,S.jsxs)(a,{href:`/holds/${n.id}`,children:[n.id.slice(0,8),`…`]}),` `,(0,S.jsx)(h,{status:n.status})]})],[`Transfer`,r&&(0,S.jsxs)(S.Fragment,{children:[(0,S.jsxs)(a,{href:`/transfers/${r.id}`,children:[r.id.slice(0,8),`…`]}),`, posted `,(0,S.jsx)(g,{at:r.postedAt})]})],[`Made`,(0,S.jsx)(g,{at:e.createdAt})],[`Changed`,(0,S.jsx)(g,{at:e.updatedAt})],[`Metadata`,(0,S.jsx)(l,{metadata:e.metadata})]]})})}function k({id:t}){let i=n(x,{id:t});s(o,C);let a=i.data?.data.payment;return i.error&&!i.data?(0,S.jsx)(r,{failure:i.error,again:()=>void i.refetch()}):i.data&&!a?(0,S.jsx)(y,{what:`payment`,id:t}):(0,S.jsxs)(S.Fragment,{children:[a?(0,S.jsx)(D,{payment:a,lacking:i.data?.lacking??[]}):(0,S.jsx)(e,{}),(0,S.jsxs)(`div`,{className:`columns`,children:[(0,S.jsx)(v,{id:t,title:`How it went`}),a?(0,S.jsx)(O,{payment:a}):(0,S.jsx)(m,{title:`Details`,children:null})]}),(0,S.jsx)(_,{resourceId:t})]})}export{k as default};