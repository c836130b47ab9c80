import { httpRouter } from "convex/server";
import { polar } from "./polar";

const http = httpRouter();

polar.registerRoutes(http as any, {
  onSubscriptionUpdated: async (ctx, event) => {
    console.log(event.data.status);
  },
});

export default http;
