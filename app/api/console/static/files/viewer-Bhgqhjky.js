import{l as e}from"./PageHead-Bva3yesl.js";var t=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},n=new t(`
    query Viewer {
  viewer {
    customerId
    customerName
    environment
    scopes
    apiKey {
      id
      name
      prefix
      expiresAt
    }
    accessToken {
      id
      holderId
      expiresAt
    }
  }
}
    `),r=new t(`
    mutation EndOwnKey($id: ID!) {
  revokeApiKey(apiKeyId: $id) {
    __typename
    ... on ApiKeySuccess {
      apiKey {
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
}`),i={};function a(){return e(n,i)}function o(){let{data:e}=a();if(!e)return;let{viewer:t}=e.data;return{...t,may:e=>t.scopes.includes(`*`)||t.scopes.includes(e)}}export{n as i,o as n,r,a as t};