import{t as e,u as t}from"./PageHead-Bva3yesl.js";import{u as n}from"./format-9IgIcqdB.js";import{n as r,r as i,t as a}from"./Filters-D7t4lW8J.js";import{t as o}from"./List-BgylYIPs.js";import{t as s}from"./Status-CGtiXBXC.js";import{t as c}from"./Time-DsHjik3q.js";import{n as l}from"./shim-DW0jLpcr.js";var u=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new u(`
    fragment HolderRow on Holder {
  id
  name
  kind
  status
  statusReason
  email
  createdAt
}
    `,{fragmentName:`HolderRow`});var d=new u(`
    query Holders($first: Int!, $after: String, $filter: HolderFilter) {
  holders(first: $first, after: $after, filter: $filter) {
    nodes {
      ...HolderRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment HolderRow on Holder {
  id
  name
  kind
  status
  statusReason
  email
  createdAt
}`),f=l(),p={ENDUSER:`Person`,CUSTOMER:`Company`},m=[{name:`search`,label:`Name or e-mail`,help:`Beginnings of words`},{name:`status`,label:`Status`,kind:`select`,options:r(`Any`,[`PENDING`,`MISSING_DATA`,`QUARANTINE`,`OK`,`DECLINED`],e=>e===`OK`?`OK`:n(e))},{name:`kind`,label:`Kind`,kind:`select`,options:[[``,`Both`],...Object.entries(p)]}],h=[{name:`Name`,width:`minmax(180px, 2fr)`,cell:e=>e.name},{name:`Status`,width:`140px`,cell:e=>(0,f.jsx)(s,{status:e.status,title:e.statusReason})},{name:`Kind`,width:`100px`,wide:!0,cell:e=>p[e.kind]},{name:`E-mail`,width:`minmax(160px, 2fr)`,wide:!0,cell:e=>e.email??(0,f.jsx)(`span`,{className:`none`,children:`none`})},{name:`Created`,width:`minmax(205px, 1fr)`,cell:e=>(0,f.jsx)(c,{at:e.createdAt})}];function g({search:e,status:t,kind:n}){return{search:e||null,status:t?[t]:null,kind:n?[n]:null}}function _(){let n=t(d,{first:100,filter:g(i())},e=>e.holders);return(0,f.jsxs)(f.Fragment,{children:[(0,f.jsx)(e,{title:`Holders`,about:`People and companies that ledgers and accounts belong to.`}),(0,f.jsx)(a,{fields:m}),(0,f.jsx)(o,{label:`Holders`,columns:h,list:n,rowKey:e=>e.id,href:e=>`/holders/${e.id}`,empty:`No holder is like this.`})]})}export{p as n,_ as t};