import{u as e}from"./PageHead-Bva3yesl.js";import{t}from"./List-BgylYIPs.js";import{t as n}from"./Money-BkV-cI-k.js";import{t as r}from"./Status-CGtiXBXC.js";import{t as i}from"./Time-DsHjik3q.js";import{n as a}from"./shim-DW0jLpcr.js";var o=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new o(`
    fragment PaymentRow on Payment {
  id
  direction
  status
  statusReason
  reference
  createdAt
  amount {
    value
    asset
  }
  counterparty {
    name
  }
}
    `,{fragmentName:`PaymentRow`});var s=new o(`
    query Payments($first: Int!, $after: String, $filter: PaymentFilter) {
  payments(first: $first, after: $after, filter: $filter) {
    nodes {
      ...PaymentRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment PaymentRow on Payment {
  id
  direction
  status
  statusReason
  reference
  createdAt
  amount {
    value
    asset
  }
  counterparty {
    name
  }
}`),c=a(),l=[{name:`When`,width:`minmax(205px, 1fr)`,cell:e=>(0,c.jsx)(i,{at:e.createdAt})},{name:`Other side`,width:`minmax(150px, 2fr)`,cell:e=>`${e.direction===`OUT`?`To`:`From`} ${e.counterparty.name}`},{name:`Status`,width:`120px`,cell:e=>(0,c.jsx)(r,{status:e.status,title:e.statusReason})},{name:`Amount`,width:`minmax(140px, 1fr)`,align:`end`,cell:e=>(0,c.jsx)(n,{money:e.direction===`OUT`?{...e.amount,value:`-${e.amount.value}`}:e.amount,signed:!0})},{name:`Reference`,width:`minmax(140px, 2fr)`,wide:!0,cell:e=>e.reference??(0,c.jsx)(`span`,{className:`none`,children:`none`})}];function u({ledgerId:n,filter:r={}}){let i=e(s,{first:100,filter:{...r,ledgerId:n}},e=>e.payments);return(0,c.jsx)(t,{label:`Payments`,columns:l,list:i,rowKey:e=>e.id,href:e=>`/payments/${e.id}`,empty:n?`No payment has come in or gone out.`:`No payment is like this.`})}export{u as t};