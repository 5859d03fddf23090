var e=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},t=new e(`
    subscription LedgerChanges($ledgerId: ID) {
  ledgerChanged(ledgerId: $ledgerId) {
    cursor
  }
}
    `),n=new e(`
    subscription Happened($types: [String!]) {
  events(types: $types) {
    cursor
  }
}
    `);export{t as n,n as t};