export { markRead, type OwnPart, recordReadersViewed, savePosting } from './commands.ts'
export {
  listOf,
  momentValues,
  readMoment,
  readText,
  type Typed,
  textOf,
  type WrittenPosting,
} from './forms.ts'
export { ownOf, type PostingReader, paragraphsOf, readerOf } from './posting.ts'
export { type FoundPage, findPage, type PageWanted, pageOfPostingsSql } from './queries.page.ts'
export { findPosting, findReader, type PostingRecord, pageSize, shownTo, shownToSql } from './queries.ts'
export { type PostingEditor, registerPostingEditor } from './routes.editor.ts'
export { endWords, momentWords, type Row, spanWords } from './views.ts'
