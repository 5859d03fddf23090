import{l as e}from"./PageHead-DCYkKlsy.js";var t=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
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
    `),n={};function r(){return e(t,n)}function i(){let{data:e}=r();if(!e)return;let{viewer:t}=e.data;return{...t,may:e=>t.scopes.includes(`*`)||t.scopes.includes(e)}}export{i as t};