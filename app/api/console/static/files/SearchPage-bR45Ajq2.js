import{n as e,o as t,r as n}from"./shim-DW0jLpcr.js";import{C as r,D as i,O as a,a as o,l as s,n as c,r as l,t as u}from"./PageHead-DCYkKlsy.js";import{t as d}from"./addresses-BjjTlFck.js";import{u as f}from"./format-BVDaE3_S.js";import{n as p}from"./Id-Dcoururi.js";var m=t(n(),1),h=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
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
    `),g=e(),_={ID:`by its id`,WEBHOOK_ID:`by the id of the message`,IDEMPOTENCY_KEY:`by the idempotency key of a request`,REFERENCE:`by its reference`,BANK_ACCOUNT:`by the bank account`,NAME:`by the name`};function v({found:{type:e,title:t,by:n,node:i}}){let a=d(e,i.id);return(0,g.jsxs)(`li`,{children:[(0,g.jsx)(`span`,{className:`found-type`,children:f(e)}),a?(0,g.jsx)(r,{href:a,children:t}):(0,g.jsx)(`span`,{children:t}),(0,g.jsx)(`span`,{className:`found-by`,children:_[n]}),(0,g.jsx)(p,{value:i.id,short:!0})]})}function y(){let[e]=a(),t=(e.get(`q`)??``).trim(),n=s(h,{text:t},{enabled:t!==``}),r=n.data?.data.find,[,p]=i(),_=r?.objects.length===1&&!r.hasMore&&r.objects[0].by===`ID`?r.objects[0]:null,y=_&&d(_.type,_.node.id);return(0,m.useEffect)(()=>{y&&p(y,{replace:!0})},[y]),(0,g.jsxs)(g.Fragment,{children:[(0,g.jsx)(u,{title:t?`Found for “${t}”`:`Search`}),!t&&(0,g.jsx)(c,{children:`Type the name of a holder, an id, an IBAN, a reference or an idempotency key into the box above. Press / to come there.`}),t&&n.isPending&&(0,g.jsx)(o,{what:`Searching`}),n.error&&!r&&(0,g.jsx)(l,{failure:n.error,again:()=>void n.refetch()}),r&&r.objects.length===0&&(0,g.jsx)(c,{children:`Nothing was found. Ids, references and keys must be whole; of names the beginnings of words are enough.`}),r&&r.objects.length>0&&(0,g.jsx)(`ul`,{className:`found`,"aria-label":`What was found`,children:r.objects.map(e=>(0,g.jsx)(v,{found:e},e.node.id))}),r?.hasMore&&(0,g.jsx)(`p`,{className:`list-foot`,children:`There is more: type more of it.`}),r&&r.notSearched.length>0&&(0,g.jsxs)(`p`,{className:`note`,"data-tone":`wait`,children:[`Not searched: `,r.notSearched.map(({resourceType:e,reason:t})=>`${f(e).toLowerCase()}s (${t.replace(/\.$/,``)})`).join(`, `),`.`]})]})}export{y as default};