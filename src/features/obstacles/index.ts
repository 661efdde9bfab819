export { whyHref } from './refused.ts'
export { obstacleRoutes } from './routes.user.ts'
