import{C as e,a as t,i as n,l as r,r as i,t as a}from"./PageHead-DCYkKlsy.js";import{t as o}from"./changes.generated-BQ6cOjn7.js";import{n as s}from"./live-wr2tXzfG.js";import{s as c}from"./format-9IgIcqdB.js";import{n as l,t as u}from"./Facts-Dz7R6B6x.js";import{n as d,t as f}from"./Id-Dcoururi.js";import{t as p}from"./Money-BkV-cI-k.js";import{n as m}from"./Panel-C8HcNPg0.js";import{t as h}from"./Status-CGtiXBXC.js";import{t as g}from"./Time-DsHjik3q.js";import{t as _}from"./Deliveries-C0r6Uj7O.js";import{t as v}from"./History-CCSqXNmj.js";import{t as y}from"./NotThere-D6NX-A6x.js";import{n as b}from"./shim-DW0jLpcr.js";var x=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
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
    `),S=b(),C={types:[`payment.*`]};function w(e){if(e.direction===`IN`)return e.status===`ACCEPTED`?[`good`,`The money has arrived and is in the ledger.`]:[`bad`,`The money was not taken in. Nothing was posted to the ledger.`];switch(e.status){case`PENDING`:return[`wait`,`The money is held in the ledger. The bank has been asked and has not decided yet.`];case`ACCEPTED`:return[`good`,`The bank has the money: it has left the ledger.`];default:return[`bad`,`The payment was declined. The money was released and is available in the ledger again.`]}}function T({payment:e}){let[t,n]=w(e);return(0,S.jsxs)(`div`,{className:`note`,"data-tone":t,children:[(0,S.jsx)(`p`,{children:(0,S.jsx)(`b`,{children:n})}),e.statusReason&&(0,S.jsxs)(`p`,{children:[`Reason: `,e.statusReason]})]})}function E({counterparty:{name:e,iban:t,ukBankAccount:n}}){return(0,S.jsxs)(S.Fragment,{children:[e,t&&(0,S.jsxs)(`span`,{className:`id`,children:[(0,S.jsx)(`code`,{children:t}),` `,(0,S.jsx)(f,{text:t,what:`the IBAN`})]}),n&&` ${n.sortCode} ${n.accountNumber}`]})}function D({payment:e,lacking:t}){let r=e.direction===`OUT`?`to`:`from`;return(0,S.jsxs)(S.Fragment,{children:[(0,S.jsxs)(a,{title:`${c(e.amount)} ${r} ${e.counterparty.name}`,about:(0,S.jsx)(d,{value:e.id}),children:[(0,S.jsx)(p,{money:e.amount}),` `,r,` `,e.counterparty.name,` `,(0,S.jsx)(h,{status:e.status})]}),(0,S.jsx)(n,{scopes:t}),(0,S.jsx)(T,{payment:e})]})}function O({payment:t}){let{ledger:n,hold:r,transfer:i}=t;return(0,S.jsx)(m,{title:`Details`,children:(0,S.jsx)(u,{facts:[[t.direction===`OUT`?`To`:`From`,(0,S.jsx)(E,{counterparty:t.counterparty})],[`Ledger`,(0,S.jsx)(e,{href:`/ledgers/${n.id}`,children:n.holder?`${n.holder.name}, ${n.asset}`:n.iban??n.id})],[`Reference`,t.reference],[`The bank calls it`,t.partnerReference&&(0,S.jsxs)(`span`,{className:`id`,children:[(0,S.jsx)(`code`,{children:t.partnerReference}),` `,(0,S.jsx)(f,{text:t.partnerReference,what:`the bank's reference`})]})],[`Hold`,r&&(0,S.jsxs)(S.Fragment,{children:[(0,S.jsxs)(e,{href:`/holds/${r.id}`,children:[r.id.slice(0,8),`…`]}),` `,(0,S.jsx)(h,{status:r.status})]})],[`Transfer`,i&&(0,S.jsxs)(S.Fragment,{children:[(0,S.jsxs)(e,{href:`/transfers/${i.id}`,children:[i.id.slice(0,8),`…`]}),`, posted `,(0,S.jsx)(g,{at:i.postedAt})]})],[`Made`,(0,S.jsx)(g,{at:t.createdAt})],[`Changed`,(0,S.jsx)(g,{at:t.updatedAt})],[`Metadata`,(0,S.jsx)(l,{metadata:t.metadata})]]})})}function k({id:e}){let n=r(x,{id:e});s(o,C);let a=n.data?.data.payment;return n.error&&!n.data?(0,S.jsx)(i,{failure:n.error,again:()=>void n.refetch()}):n.data&&!a?(0,S.jsx)(y,{what:`payment`,id:e}):(0,S.jsxs)(S.Fragment,{children:[a?(0,S.jsx)(D,{payment:a,lacking:n.data?.lacking??[]}):(0,S.jsx)(t,{}),(0,S.jsxs)(`div`,{className:`columns`,children:[(0,S.jsx)(v,{id:e,title:`How it went`}),a?(0,S.jsx)(O,{payment:a}):(0,S.jsx)(m,{title:`Details`,children:null})]}),(0,S.jsx)(_,{resourceId:e})]})}export{k as default};