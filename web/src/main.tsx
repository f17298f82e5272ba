import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { followTeam } from "./accounts/teams";
import { cache } from "./api/resources";
import { router } from "./app/router";
import { TooltipProvider } from "./ui/Tooltip";
import { Toasts } from "./ui/toast";
import "./ui/theme.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

followTeam();
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={cache}>
      <TooltipProvider>
        <RouterProvider router={router} />
        <Toasts />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
);
