/**
 * An address that an answer may be sent to: it was compared with the application's registration and found there.
 * Only saml/reply-address.ts and oidc/redirect-uri.ts make one, after that comparison; nothing else may cast to it.
 */
export type ReplyAddress = string & { readonly checkedAgainstRegistration: unique symbol };
