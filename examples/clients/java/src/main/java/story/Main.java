package story;

import com.netflix.graphql.dgs.client.GraphQLClient;
import com.netflix.graphql.dgs.client.GraphQLResponse;
import com.netflix.graphql.dgs.client.HttpResponse;
import com.netflix.graphql.dgs.client.codegen.BaseProjectionNode;
import com.netflix.graphql.dgs.client.codegen.GraphQLQuery;
import com.netflix.graphql.dgs.client.codegen.GraphQLQueryRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.stream.Collectors;
import quaestor.client.CreateHolderGraphQLQuery;
import quaestor.client.CreateHolderProjectionRoot;
import quaestor.client.CreditVirtualLedgerGraphQLQuery;
import quaestor.client.CreditVirtualLedgerProjectionRoot;
import quaestor.client.IssueVirtualLedgerGraphQLQuery;
import quaestor.client.IssueVirtualLedgerProjectionRoot;
import quaestor.client.LedgerGraphQLQuery;
import quaestor.client.LedgerProjectionRoot;
import quaestor.client.PostTransferGraphQLQuery;
import quaestor.client.PostTransferProjectionRoot;
import quaestor.types.CreateHolderInput;
import quaestor.types.EntryConnection;
import quaestor.types.HolderPartyInput;
import quaestor.types.HolderResult;
import quaestor.types.HolderSuccess;
import quaestor.types.InsufficientFundsError;
import quaestor.types.IssueVirtualLedgerInput;
import quaestor.types.Ledger;
import quaestor.types.LedgerResult;
import quaestor.types.LedgerSuccess;
import quaestor.types.MoneyInput;
import quaestor.types.OrderDirection;
import quaestor.types.PersonInput;
import quaestor.types.PostTransferInput;
import quaestor.types.TransferResult;
import quaestor.types.TransferSuccess;
import quaestor.types.VirtualMovementInput;

/** The story with the DGS client, by documents that are built from generated classes. */
public final class Main {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final GraphQLClient CLIENT =
      GraphQLClient.createCustom(System.getenv("QUAESTOR_URL") + "/graphql", Main::send);

  private static HttpResponse send(String url, java.util.Map<String, ?> headers, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Authorization", "API-Key " + System.getenv("QUAESTOR_API_KEY"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      var answer = HTTP.send(request, BodyHandlers.ofString());
      return new HttpResponse(answer.statusCode(), answer.body());
    } catch (IOException | InterruptedException problem) {
      throw new IllegalStateException(problem);
    }
  }

  private static <T> T ask(GraphQLQuery query, BaseProjectionNode answer, String field, Class<T> type) {
    GraphQLResponse response = CLIENT.executeQuery(new GraphQLQueryRequest(query, answer).serialize());
    if (response.hasErrors()) {
      throw new IllegalStateException(response.getErrors().toString());
    }
    return response.extractValueAsObject(field, type);
  }

  // A projection cannot select of the interface `Error`: each error that matters is named.
  private static String createHolder(String name) {
    var person = PersonInput.newBuilder().name(name).build();
    var party = HolderPartyInput.newBuilder().person(person).build();
    var input = CreateHolderInput.newBuilder().party(party).idempotencyKey("holder").build();
    var asked = CreateHolderGraphQLQuery.newRequest().input(input).build();
    var wanted = new CreateHolderProjectionRoot<>();
    wanted.onHolderSuccess().holder().id().name();
    wanted.onValidationError().message();
    if (ask(asked, wanted, "createHolder", HolderResult.class) instanceof HolderSuccess made) {
      System.out.println("holder: " + made.getHolder().getName());
      return made.getHolder().getId();
    }
    throw new IllegalStateException("no holder was made");
  }

  private static Ledger issueLedger(String holderId, String key) {
    var input = IssueVirtualLedgerInput.newBuilder().asset("GOLD").holderId(holderId).idempotencyKey(key).build();
    var asked = IssueVirtualLedgerGraphQLQuery.newRequest().input(input).build();
    var wanted = new IssueVirtualLedgerProjectionRoot<>();
    wanted.onLedgerSuccess().ledger().id().asset().status();
    wanted.onValidationError().message();
    if (ask(asked, wanted, "issueVirtualLedger", LedgerResult.class) instanceof LedgerSuccess issued) {
      return issued.getLedger();
    }
    throw new IllegalStateException("no ledger was issued");
  }

  private static MoneyInput gold(String value) {
    return MoneyInput.newBuilder().value(value).asset("GOLD").build();
  }

  private static void credit(String ledgerId) {
    var input =
        VirtualMovementInput.newBuilder().ledgerId(ledgerId).amount(gold("10")).idempotencyKey("credit").build();
    var asked = CreditVirtualLedgerGraphQLQuery.newRequest().input(input).build();
    var wanted = new CreditVirtualLedgerProjectionRoot<>();
    wanted.onTransferSuccess().replayed();
    if (!(ask(asked, wanted, "creditVirtualLedger", TransferResult.class) instanceof TransferSuccess)) {
      throw new IllegalStateException("the ledger was not credited");
    }
  }

  private static void transfer(String debitId, String creditId, String value) {
    var input =
        PostTransferInput.newBuilder()
            .debitId(debitId)
            .creditId(creditId)
            .amount(gold(value))
            .idempotencyKey("pay " + value)
            .build();
    var asked = PostTransferGraphQLQuery.newRequest().input(input).build();
    var wanted = new PostTransferProjectionRoot<>();
    wanted.onTransferSuccess().replayed().transfer().amount().value();
    var lack = wanted.onInsufficientFundsError();
    lack.code();
    lack.available().value();
    TransferResult answer = ask(asked, wanted, "postTransfer", TransferResult.class);
    if (answer instanceof TransferSuccess posted) {
      String amount = posted.getTransfer().getAmount().getValue();
      System.out.println("transfer: " + amount + ", replayed: " + posted.getReplayed());
    } else if (answer instanceof InsufficientFundsError lacking) {
      System.out.println("refused: " + lacking.getCode() + ", " + lacking.getAvailable().getValue() + " available");
    } else {
      throw new IllegalStateException("refused otherwise: " + answer);
    }
  }

  private static void readEntries(String ledgerId) {
    String after = null;
    for (int number = 1; ; number++) {
      var asked = LedgerGraphQLQuery.newRequest().id(ledgerId).build();
      var wanted = new LedgerProjectionRoot<>();
      var entries = wanted.entries(2, after, null, null, null, OrderDirection.ASC);
      var node = entries.edges().node(); // Kept, since the next call of `edges()` would begin anew.
      node.sequence().direction();
      node.amount().value();
      entries.pageInfo().hasNextPage().endCursor();
      EntryConnection page = ask(asked, wanted, "ledger", Ledger.class).getEntries();
      String told =
          page.getEdges().stream()
              .map(edge -> edge.getNode())
              .map(entry -> "#" + entry.getSequence() + " " + entry.getDirection() + " " + entry.getAmount().getValue())
              .collect(Collectors.joining(", "));
      System.out.println("page " + number + ": " + told);
      if (!page.getPageInfo().getHasNextPage()) {
        return;
      }
      after = page.getPageInfo().getEndCursor();
    }
  }

  public static void main(String[] arguments) {
    String holderId = createHolder("Ada Lovelace");
    Ledger payer = issueLedger(holderId, "payer");
    System.out.println("ledger: " + payer.getAsset() + " " + payer.getStatus());
    Ledger payee = issueLedger(holderId, "payee");
    credit(payer.getId());
    for (String value : new String[] {"1", "1", "1000", "2"}) {
      transfer(payer.getId(), payee.getId(), value);
    }
    readEntries(payer.getId());
  }

  private Main() {}
}
