import{t as e,u as t}from"./PageHead-Bva3yesl.js";import{r as n,t as r}from"./Filters-D7t4lW8J.js";import{t as i}from"./List-BgylYIPs.js";import{n as a,t as o}from"./accountColumns-RODUp1wI.js";import{n as s}from"./shim-DW0jLpcr.js";var c=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new c(`
    fragment AccountRow on Account {
  id
  type
  reference
  createdAt
  closedAt
  holder {
    name
  }
}
    `,{fragmentName:`AccountRow`});var l=new c(`
    query Accounts($first: Int!, $after: String, $filter: AccountFilter) {
  accounts(first: $first, after: $after, filter: $filter) {
    nodes {
      ...AccountRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment AccountRow on Account {
  id
  type
  reference
  createdAt
  closedAt
  holder {
    name
  }
}`),u=s(),d=[{name:`reference`,label:`Reference`,help:`The whole of it`},{name:`type`,label:`Kind`,kind:`select`,options:[[``,`Both`],...Object.entries(a)]}];function f({reference:e,type:t}){return{references:e?[e]:null,type:t?[t]:null}}function p(){let a=t(l,{first:100,filter:f(n())},e=>e.accounts);return(0,u.jsxs)(u.Fragment,{children:[(0,u.jsx)(e,{title:`Accounts`,about:`Each groups wallets; a wallet is one balance in one currency.`}),(0,u.jsx)(r,{fields:d}),(0,u.jsx)(i,{label:`Accounts`,columns:o,list:a,rowKey:e=>e.id,href:e=>`/accounts/${e.id}`,empty:`No account is like this.`})]})}export{p as default};