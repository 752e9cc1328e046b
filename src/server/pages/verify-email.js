// The page behind the mailed link: asks for the password that was chosen, and proves the address.
const form = document.querySelector("form");
const button = form.querySelector("button");
const answer = document.querySelector("#answer");
const token = new URLSearchParams(location.search).get("token");

if (!token) {
  form.hidden = true;
  answer.textContent = "This address is only half of the link. Please open the whole link from the mail.";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  answer.textContent = "";
  answer.textContent = await verify(form.elements.password.value);
  button.disabled = false;
});

/** What to tell the person. */
async function verify(password) {
  const query = `mutation VerifyEmail($input: VerifyEmailInput!) {
    verifyEmail(input: $input) { user { displayName } errors { message } }
  }`;
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
      body: JSON.stringify({ query, variables: { input: { token, password } } }),
    });
    const { data, errors } = await response.json();
    const payload = data?.verifyEmail;
    if (payload?.user) {
      form.hidden = true;
      return `Welcome, ${payload.user.displayName}. Your address is verified: you can sign in now.`;
    }
    return sentence(payload?.errors?.[0]?.message ?? errors?.[0]?.message ?? "something went wrong");
  } catch {
    return "The server could not be reached. Please try again.";
  }
}

/** Messages of payloads are parts of a sentence. */
function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}
