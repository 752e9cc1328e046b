// The page behind the mailed link: asks for the password that was chosen, and proves the address.
const form = document.querySelector("form");
const answer = document.querySelector("#answer");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = new URLSearchParams(location.search).get("token") ?? "";
  const password = form.elements.password.value;
  const query = `mutation VerifyEmail($input: VerifyEmailInput!) {
    verifyEmail(input: $input) { user { displayName } errors { message } }
  }`;
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify({ query, variables: { input: { token, password } } }),
  });
  const { data, errors } = await response.json();
  const payload = data?.verifyEmail;
  if (payload?.user) {
    form.hidden = true;
    answer.textContent = `Welcome, ${payload.user.displayName}. Your address is verified: you can sign in now.`;
  } else {
    answer.textContent = payload?.errors?.[0]?.message ?? errors?.[0]?.message ?? "Something went wrong.";
  }
});
