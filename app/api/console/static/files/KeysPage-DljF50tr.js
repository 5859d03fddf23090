import{n as e,o as t,r as n}from"./shim-DW0jLpcr.js";import{t as r}from"./changes.generated-BQ6cOjn7.js";import{n as i}from"./live-wr2tXzfG.js";import{a,h as o,l as s,m as c,n as l,r as u,t as d}from"./PageHead-DCYkKlsy.js";import{t as f}from"./viewer-BOnKw3lf.js";import{t as p}from"./Action-SJiWg5jv.js";import{t as m}from"./List-Bl4UG0j-.js";import{n as h}from"./Panel-C8HcNPg0.js";import{t as g}from"./Tabs-BwfrSSYL.js";import{t as _}from"./Time-DsHjik3q.js";import{t as v}from"./Id-Dcoururi.js";import{r as y,t as b}from"./Filters-Dgswr9Sv.js";var x=t(n(),1),S=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new S(`
    fragment ApiKeyRow on ApiKey {
  id
  name
  prefix
  scopes
  lastUsedAt
  expiresAt
  revokedAt
  createdAt
}
    `,{fragmentName:`ApiKeyRow`});var C=new S(`
    query ApiKeys {
  apiKeys {
    ...ApiKeyRow
  }
}
    fragment ApiKeyRow on ApiKey {
  id
  name
  prefix
  scopes
  lastUsedAt
  expiresAt
  revokedAt
  createdAt
}`),w=new S(`
    query TokensOfHolder($holderId: ID!) {
  accessTokens(holderId: $holderId) {
    id
    prefix
    scopes
    apiKeyId
    expiresAt
    createdAt
  }
}
    `),T=new S(`
    mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    __typename
    ... on ApiKeySuccess {
      apiKey {
        id
        name
      }
      key
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
}`),E=new S(`
    mutation RevokeApiKey($id: ID!) {
  revokeApiKey(apiKeyId: $id) {
    __typename
    ... on ApiKeySuccess {
      apiKey {
        id
        revokedAt
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
}`),D=new S(`
    mutation RevokeAccessToken($id: ID!) {
  revokeAccessToken(accessTokenId: $id) {
    __typename
    ... on RevokedAccessTokenSuccess {
      accessToken {
        id
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
}`),O=[[`holders:read`,`See holders`],[`holders:write`,`Make and change holders`],[`holders:review`,`Approve or decline holders in quarantine`],[`ledgers:read`,`See ledgers`],[`ledgers:write`,`Issue, change and close ledgers`],[`ledgers:freeze`,`Freeze ledgers and wallets, and set overdraft limits`],[`accounts:read`,`See accounts and wallets`],[`accounts:write`,`Open, change and close accounts and wallets`],[`transfers:read`,`See transfers, holds and entries`],[`transfers:write`,`Move and hold money`],[`payments:read`,`See payments`],[`payments:write`,`Send payments`],[`webhooks:read`,`See webhook endpoints and deliveries`],[`webhooks:write`,`Make and change endpoints, and send messages again`],[`work:read`,`See promised work that fails`],[`work:write`,`Have promised work tried again`],[`books:write`,`Close the books`],[`keys:write`,`See, make and revoke keys`],[`*`,`Everything`]],k=e();function A(e){return e?new Date(`${e}T00:00:00`).toISOString():null}function j(){let e=f(),t=O.filter(([t])=>e?.may(t)).map(([e,t])=>[e,`${e}: ${t.charAt(0).toLowerCase()}${t.slice(1)}`]);return(0,k.jsx)(p,{label:`New key…`,title:`Make an API key`,scope:`keys:write`,confirm:`Make it`,says:()=>(0,k.jsx)(`p`,{children:`Whoever has the key may do what its scopes say, in the name of this customer. It is shown once. Sending this twice makes two keys.`}),fields:[{name:`name`,label:`What it is for`,required:!0,maxLength:255},{name:`scopes`,label:`What it may do`,kind:`checks`,options:t,required:!0},{name:`expires`,label:`Ends on`,kind:`date`,help:`At the beginning of this day. Nothing means never.`}],send:({name:e,scopes:t,expires:n})=>c(T,{input:{name:e,scopes:(t??``).split(` `).filter(Boolean),expiresAt:A(n)}}),shows:({key:e})=>(0,k.jsxs)(k.Fragment,{children:[(0,k.jsxs)(`p`,{children:[(0,k.jsx)(`b`,{children:`This is the only time that the key is shown.`}),` Copy it now.`]}),(0,k.jsxs)(`p`,{className:`secret`,children:[(0,k.jsx)(`code`,{children:e}),` `,(0,k.jsx)(v,{text:e??``,what:`the key`})]})]}),done:({apiKey:e})=>`The key ${e.name} was made.`})}var M=[{name:`holder`,label:`Holder`,help:`Its id. Copy it from the holder's page.`}],N=/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;function P({holderId:e}){let t=s(w,{holderId:e}),n=t.data?.data.accessTokens;return n?n.length===0?(0,k.jsx)(l,{children:`This holder has no access token that has not ended.`}):(0,k.jsx)(`div`,{className:`table-scroll`,tabIndex:0,role:`region`,"aria-label":`Access tokens`,children:(0,k.jsxs)(`table`,{children:[(0,k.jsx)(`thead`,{children:(0,k.jsxs)(`tr`,{children:[(0,k.jsx)(`th`,{scope:`col`,children:`Begins with`}),(0,k.jsx)(`th`,{scope:`col`,children:`May`}),(0,k.jsx)(`th`,{scope:`col`,children:`Made`}),(0,k.jsx)(`th`,{scope:`col`,children:`Ends`}),(0,k.jsx)(`th`,{scope:`col`,children:(0,k.jsx)(`span`,{className:`off-screen`,children:`Revoke`})})]})}),(0,k.jsx)(`tbody`,{children:n.map(e=>(0,k.jsxs)(`tr`,{children:[(0,k.jsx)(`td`,{children:(0,k.jsx)(`code`,{children:e.prefix})}),(0,k.jsx)(`td`,{children:e.scopes.includes(`*`)?`everything of its own`:e.scopes.join(`, `)}),(0,k.jsx)(`td`,{children:(0,k.jsx)(_,{at:e.createdAt})}),(0,k.jsx)(`td`,{children:(0,k.jsx)(_,{at:e.expiresAt})}),(0,k.jsx)(`td`,{children:(0,k.jsx)(p,{label:`Revoke…`,title:`Revoke the access token`,scope:`keys:write`,confirm:`Revoke it`,danger:!0,says:()=>(0,k.jsxs)(`p`,{children:[`The token `,(0,k.jsxs)(`code`,{children:[e.prefix,`…`]}),` is refused from now on, and its subscriptions end. The holder needs a new one.`]}),send:()=>c(D,{id:e.id}),done:()=>`The token was revoked.`})})]},e.id))})]})}):t.error?(0,k.jsx)(u,{failure:t.error,again:()=>void t.refetch()}):(0,k.jsx)(a,{})}function F(){let e=y().holder?.trim()??``;return(0,k.jsxs)(k.Fragment,{children:[(0,k.jsx)(b,{fields:M}),N.test(e)?(0,k.jsx)(P,{holderId:e}):(0,k.jsx)(l,{children:`Give a holder’s id to see its tokens. They are short-lived keys for one holder’s browser.`})]})}var I={},L={types:[`api_key.*`]},R=[];function z({revokedAt:e,expiresAt:t}){return e?[`bad`,`Revoked`]:t&&Date.parse(t)<=o()?[`bad`,`Expired`]:[`good`,`Valid`]}function B({row:e}){let[t,n]=z(e);return(0,k.jsx)(`span`,{className:`status`,"data-tone":t,children:n})}function V({row:e,isOwn:t}){return z(e)[1]===`Valid`?(0,k.jsx)(p,{label:`Revoke…`,title:`Revoke ${e.name}`,scope:`keys:write`,confirm:`Revoke it`,danger:!0,says:()=>(0,k.jsxs)(k.Fragment,{children:[(0,k.jsxs)(`p`,{children:[`The key `,(0,k.jsxs)(`code`,{children:[e.prefix,`…`]}),` is refused from now on, its subscriptions end, and so do the access tokens that it made. This cannot be undone.`]}),t&&(0,k.jsx)(`p`,{children:(0,k.jsx)(`b`,{children:`It is the key that you are signed in with: you will be signed out.`})})]}),send:()=>c(E,{id:e.id}),done:()=>`The key ${e.name} was revoked.`}):null}function H(e){return[{name:`Name`,width:`minmax(215px, 2fr)`,cell:t=>(0,k.jsxs)(k.Fragment,{children:[t.name,t.id===e&&` (this one)`]})},{name:`State`,width:`90px`,cell:e=>(0,k.jsx)(B,{row:e})},{name:`Begins with`,width:`120px`,cell:e=>(0,k.jsx)(`code`,{children:e.prefix})},{name:`May`,width:`minmax(120px, 2fr)`,wide:!0,cell:e=>(0,k.jsx)(`span`,{title:e.scopes.join(`, `),children:e.scopes.includes(`*`)?`everything`:e.scopes.join(`, `)})},{name:`Last used`,width:`minmax(110px, 1fr)`,wide:!0,cell:e=>(0,k.jsx)(_,{at:e.lastUsedAt})},{name:`Ends`,width:`minmax(110px, 1fr)`,wide:!0,cell:e=>(0,k.jsx)(_,{at:e.revokedAt??e.expiresAt})},{name:`Revoke`,width:`110px`,align:`end`,cell:t=>(0,k.jsx)(V,{row:t,isOwn:t.id===e})}]}function U(){let e=s(C,I),t=f()?.apiKey?.id,n=(0,x.useMemo)(()=>H(t),[t]),r={rows:e.data?.data.apiKeys??R,total:null,hasMore:!1,isLoading:e.isPending,isLoadingMore:!1,failure:e.error,lacking:e.data?.lacking??R,more:()=>void 0,again:()=>void e.refetch()};return(0,k.jsx)(m,{label:`API keys`,columns:n,list:r,rowKey:e=>e.id,empty:`There is no key.`})}function W(){return i(r,L),(0,k.jsxs)(k.Fragment,{children:[(0,k.jsx)(d,{title:`API keys`,about:`Who may use the API in the name of this customer, and what each may do.`,actions:(0,k.jsx)(j,{})}),(0,k.jsx)(g,{label:`Keys and tokens`,tabs:[{name:`keys`,label:`Keys`,content:()=>(0,k.jsx)(U,{})},{name:`tokens`,label:`Access tokens`,content:()=>(0,k.jsx)(h,{title:`Access tokens of a holder`,children:(0,k.jsx)(F,{})})}]})]})}export{W as default};