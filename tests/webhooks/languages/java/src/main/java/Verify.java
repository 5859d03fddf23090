import com.svix.Webhook;
import com.svix.exceptions.WebhookVerificationException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads messages, one a line of `secret TAB id TAB timestamp TAB signatures TAB body`, and prints what the library says of it. */
public class Verify {
  public static void main(String[] arguments) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] parts = line.split("\t", -1);
      Map<String, List<String>> headers = new HashMap<>();
      headers.put("webhook-id", List.of(parts[1]));
      headers.put("webhook-timestamp", List.of(parts[2]));
      headers.put("webhook-signature", List.of(parts[3]));
      String body = new String(Base64.getDecoder().decode(parts[4]), StandardCharsets.UTF_8);
      boolean verifies = true;
      try {
        new Webhook(parts[0]).verify(body, HttpHeaders.of(headers, (name, value) -> true));
      } catch (WebhookVerificationException refused) {
        verifies = false;
      }
      System.out.println("{\"svix\": " + verifies + "}");
    }
  }
}
