import{n as e,o as t,r as n}from"./shim-DW0jLpcr.js";import{O as r,a as i,k as a,l as o,r as s,t as c,w as l}from"./PageHead-Bva3yesl.js";import{t as u}from"./addresses-BjjTlFck.js";import{u as d}from"./format-9IgIcqdB.js";import{t as f}from"./Facts-Dz7R6B6x.js";import{r as p}from"./keyText-C_5g6Ac0.js";import{n as m}from"./Id-Dcoururi.js";import{n as h}from"./Panel-Bnc8Av-7.js";var g=t(n(),1),_=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
    query Find($text: String!) {
  find(text: $text, first: 50) {
    hasMore
    objects {
      type
      title
      by
      node {
        __typename
        id
      }
    }
    notSearched {
      resourceType
      reason
    }
  }
}
    `),v=e(),y={ID:`by its id`,WEBHOOK_ID:`by the id of the message`,IDEMPOTENCY_KEY:`by the idempotency key of a request`,REFERENCE:`by its reference`,BANK_ACCOUNT:`by the bank account`,NAME:`by its name`},b={holder:`by its name or e-mail address`,payment:`by the name of the other side`,api_key:`by its name or its beginning`,webhook_endpoint:`by its URL or description`},x=[[`An id, a reference`,`the whole of it, in capital letters or not: “rent november” finds “Rent November”`],[`An idempotency key`,`the whole of it, with the same capital letters`],[`A bank account`,`the whole IBAN, or the sort code and the account number together: 04-00-52 12339700. A payment made with an IBAN is also found by all that follows its check digits: 370400440532013000`],[`A holder`,`the beginnings of words of the name or e-mail address, in any order`],[`The other side of a payment`,`the whole of its name, in capital letters or not`],[`An API key, an endpoint`,`a part of the name or the URL, from 3 characters on`]];function S(){return(0,v.jsx)(f,{facts:x})}function C({found:{type:e,title:t,by:n,node:r}}){let i=u(e,r.id);return(0,v.jsxs)(`li`,{children:[(0,v.jsx)(`span`,{className:`found-type`,children:d(e)}),i?(0,v.jsx)(l,{href:i,children:t}):(0,v.jsx)(`span`,{children:t}),(0,v.jsx)(`span`,{className:`found-by`,children:n===`NAME`&&b[e]||y[n]}),(0,v.jsx)(m,{value:r.id,short:!0})]})}function w(){let[e]=a(),[t,n]=(0,g.useState)(!1),l=(e.get(`q`)??``).trim(),f=p(l),m=f?``:l,y=o(_,{text:m},{enabled:m!==``}),b=y.data?.data.find,[,x]=r(),w=b?.objects.length===1&&!b.hasMore&&b.objects[0].by===`ID`?b.objects[0]:null,T=w&&u(w.type,w.node.id);return(0,g.useEffect)(()=>{l&&n(f),f&&x(`/search`,{replace:!0})},[l]),(0,g.useEffect)(()=>{T&&x(T,{replace:!0})},[T]),(0,v.jsxs)(v.Fragment,{children:[(0,v.jsx)(c,{title:m?`Found for “${m}”`:`Search`}),t&&(0,v.jsx)(`p`,{className:`note`,"data-tone":`bad`,role:`alert`,children:`This looks like an API key. It was not searched for: what is searched for stands in the address, where others can read it.`}),!m&&(0,v.jsx)(h,{title:`What the box above finds. Press / to come there.`,children:(0,v.jsx)(S,{})}),m&&y.isPending&&(0,v.jsx)(i,{what:`Searching`}),y.error&&!b&&(0,v.jsx)(s,{failure:y.error,again:()=>void y.refetch()}),b&&b.objects.length===0&&(0,v.jsx)(h,{title:`Nothing was found. This is how it is searched:`,children:(0,v.jsx)(S,{})}),b&&b.objects.length>0&&(0,v.jsx)(`ul`,{className:`found`,"aria-label":`What was found`,children:b.objects.map(e=>(0,v.jsx)(C,{found:e},e.node.id))}),b?.hasMore&&(0,v.jsx)(`p`,{className:`list-foot`,children:`There is more: type more of it.`}),b&&b.notSearched.length>0&&(0,v.jsxs)(`p`,{className:`note`,"data-tone":`wait`,children:[`Not searched: `,b.notSearched.map(({resourceType:e,reason:t})=>`${d(e).replace(/^[A-Z](?=[a-z])/,e=>e.toLowerCase())}s (${t.replace(/\.$/,``)})`).join(`, `),`.`]})]})}export{w as default};