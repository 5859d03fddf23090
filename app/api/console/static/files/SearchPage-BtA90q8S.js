import{n as e,o as t,r as n}from"./shim-DW0jLpcr.js";import{C as r,D as i,O as a,a as o,l as s,r as c,t as l}from"./PageHead-DCYkKlsy.js";import{t as u}from"./addresses-BjjTlFck.js";import{u as d}from"./format-9IgIcqdB.js";import{t as f}from"./Facts-Dz7R6B6x.js";import{n as p}from"./Id-Dcoururi.js";import{n as m}from"./Panel-C8HcNPg0.js";var h=t(n(),1),g=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
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
    `),_=e(),v={ID:`by its id`,WEBHOOK_ID:`by the id of the message`,IDEMPOTENCY_KEY:`by the idempotency key of a request`,REFERENCE:`by its reference`,BANK_ACCOUNT:`by the bank account`,NAME:`by its name`},y={holder:`by its name or e-mail address`,payment:`by the name of the other side`,api_key:`by its name or its beginning`,webhook_endpoint:`by its URL or description`},b=[[`An id, a reference, an idempotency key`,`the whole of it, with the same capital letters. A reference “Rent November” is not found by “rent november”`],[`A bank account`,`the whole IBAN, or the sort code and the account number together: 04-00-52 12339700. A payment made with an IBAN is found by that IBAN only`],[`A holder`,`the beginnings of words of the name or e-mail address, in any order`],[`The other side of a payment`,`the whole of its name, in capital letters or not`],[`An API key, an endpoint`,`a part of the name or the URL, from 3 characters on`]];function x(){return(0,_.jsx)(f,{facts:b})}function S({found:{type:e,title:t,by:n,node:i}}){let a=u(e,i.id);return(0,_.jsxs)(`li`,{children:[(0,_.jsx)(`span`,{className:`found-type`,children:d(e)}),a?(0,_.jsx)(r,{href:a,children:t}):(0,_.jsx)(`span`,{children:t}),(0,_.jsx)(`span`,{className:`found-by`,children:n===`NAME`&&y[e]||v[n]}),(0,_.jsx)(p,{value:i.id,short:!0})]})}function C(){let[e]=a(),t=(e.get(`q`)??``).trim(),n=s(g,{text:t},{enabled:t!==``}),r=n.data?.data.find,[,f]=i(),p=r?.objects.length===1&&!r.hasMore&&r.objects[0].by===`ID`?r.objects[0]:null,v=p&&u(p.type,p.node.id);return(0,h.useEffect)(()=>{v&&f(v,{replace:!0})},[v]),(0,_.jsxs)(_.Fragment,{children:[(0,_.jsx)(l,{title:t?`Found for “${t}”`:`Search`}),!t&&(0,_.jsx)(m,{title:`What the box above finds. Press / to come there.`,children:(0,_.jsx)(x,{})}),t&&n.isPending&&(0,_.jsx)(o,{what:`Searching`}),n.error&&!r&&(0,_.jsx)(c,{failure:n.error,again:()=>void n.refetch()}),r&&r.objects.length===0&&(0,_.jsx)(m,{title:`Nothing was found. This is how it is searched:`,children:(0,_.jsx)(x,{})}),r&&r.objects.length>0&&(0,_.jsx)(`ul`,{className:`found`,"aria-label":`What was found`,children:r.objects.map(e=>(0,_.jsx)(S,{found:e},e.node.id))}),r?.hasMore&&(0,_.jsx)(`p`,{className:`list-foot`,children:`There is more: type more of it.`}),r&&r.notSearched.length>0&&(0,_.jsxs)(`p`,{className:`note`,"data-tone":`wait`,children:[`Not searched: `,r.notSearched.map(({resourceType:e,reason:t})=>`${d(e).replace(/^[A-Z](?=[a-z])/,e=>e.toLowerCase())}s (${t.replace(/\.$/,``)})`).join(`, `),`.`]})]})}export{C as default};