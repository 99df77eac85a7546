/** Every word that the app says: what a translation would take the place of. */
export const phrases = {
  app: 'Causerie',
  conversations: 'Conversations',
  messages: (title: string) => `Messages with ${title}`,
  search: 'Search conversations',
  newConversation: 'New conversation',
  today: 'Today',
  yesterday: 'Yesterday',
  deleted: 'Message deleted',
  attachment: 'Attachment',
  somethingElse: 'Message of another kind',
  nothingYet: 'No messages yet',
  sayHello: (title: string) => `This is where your conversation with ${title} begins.`,
  beginning: 'The beginning of the conversation',
  loadingOlder: 'Loading older messages…',
  olderLater: 'Older messages come once there is a connection.',
  loading: 'Loading…',
  noConversations: 'No conversations yet',
  noConversationsHint: 'Start one with somebody you know.',
  pickOne: 'Pick a conversation',
  pickOneHint: 'Or press Ctrl K to find one.',
  you: 'You',
  edited: 'edited',
  waiting: 'Waiting to be sent',
  changeWaiting: 'Change waiting to be sent',
  retry: 'Send again',
  discard: 'Discard',
  reply: 'Reply',
  react: 'React',
  edit: 'Edit',
  delete: 'Delete',
  save: 'Save',
  send: 'Send',
  cancel: 'Cancel',
  message: 'Message',
  messageTo: (title: string) => `Message ${title}`,
  replyingTo: (name: string) => `Replying to ${name}`,
  editing: 'Editing your message',
  earlier: 'An earlier message',
  notWritable: 'You are no longer a member of this conversation.',
  toEnd: 'To the newest message',
  unread: (count: number) => (count === 1 ? '1 unread message' : `${count} unread messages`),
  newMessages: (count: number) => (count === 1 ? '1 new message' : `${count} new messages`),
  members: (count: number) => (count === 1 ? '1 member' : `${count} members`),
  draft: 'Draft:',
  notSent: 'Not sent',
  muted: 'Muted',
  actions: 'What can be done with this message',
  reactions: 'Reactions',
  moreEmoji: 'Choose a reaction',
  by: (author: string, text: string) => `${author}: ${text}`,

  typing(names: readonly string[]): string | null {
    if (names.length === 0) return null;
    if (names.length === 1) return `${names[0]} is typing…`;
    if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
    return `${names.length} people are typing…`;
  },

  reaction(emoji: string, count: number, mine: boolean): string {
    if (!mine) return `${emoji}, ${count}. Add yours`;
    return count === 1 ? `${emoji} by you. Take it back` : `${emoji} by you and ${count - 1} more. Take yours back`;
  },

  /** Why the server refused a write for good, by its code. */
  refused(code: string): string {
    switch (code) {
      case 'forbidden': return 'you may not write here';
      case 'not_found': return 'it is not there any more';
      case 'too_large': return 'it is too long';
      default: return code;
    }
  },

  /** A write other than a message that the server refused. */
  trouble(kind: string, code: string): string {
    const what = ({
      edit_message: 'The change',
      delete_message: 'The deletion',
      add_reaction: 'The reaction',
      remove_reaction: 'The reaction',
      create_conversation: 'The conversation',
    } as Record<string, string>)[kind] ?? 'What you did';
    return `${what} was not accepted: ${phrases.refused(code)}.`;
  },

  offline(waiting: number): string {
    if (waiting === 0) return 'You are offline. You can go on reading and writing.';
    return waiting === 1 ? 'You are offline. One message will be sent later.' : `You are offline. ${waiting} messages will be sent later.`;
  },
  hostLost: 'The chat’s engine is starting again…',
  signInAgain: 'Please sign in again to send and receive.',
  ended: 'The connection ended.',
  connect: 'Connect',
  signIn: 'Sign in',
  signOut: 'Sign out',
  connecting: 'Connecting…',
  online: 'Online',
  offlineShort: 'Offline',
  signedOut: 'Signed out',
  whoAreYou: 'Who are you?',
  name: 'Name',
  signInHint: 'A server with --dev lets any name in.',
  theme: { auto: 'Colours: as the system', light: 'Colours: light', dark: 'Colours: dark' },
  direct: 'Direct',
  directMessage: 'Direct message',
  group: 'Group',
  who: 'Name of the other person',
  people: 'Names, with commas between them',
  title: 'Title',
  titleHint: 'What the group is called',
  begin: 'Start',
  known: 'People you know',
  noMatch: 'Nothing found',
  searchHint: 'Arrow keys to choose, Enter to open',
  dismiss: 'Dismiss',
  unsentTitle: 'Messages were not sent',
  unsentText: 'If you sign out now, they are lost.',
  unsentDiscard: 'Sign out and lose them',
  unsentStay: 'Stay',
} as const;
